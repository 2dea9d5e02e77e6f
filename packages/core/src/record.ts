/**
 * The position of a record: a safe integer from 0 to {@link MAX_RECORD_ID}. Ids follow one another
 * without a gap, and an id is never given to two records that a reader could both have seen as durable
 * without a truncate in between.
 */
export type RecordId = number;

/** The largest id a record can have: 2^53 − 1, the largest safe integer. */
export const MAX_RECORD_ID: RecordId = Number.MAX_SAFE_INTEGER;

/** A stored record, as readers get it. */
export interface LogRecord {
  readonly id: RecordId;
  /**
   * The bytes that were appended, 0 or more. They stay unchanged for as long as they are referenced
   * (READ-4). Several records may share one `ArrayBuffer`: copy before keeping a few of many for long,
   * and do not write to them.
   */
  readonly data: Uint8Array;
}

/**
 * What `append` takes for one record: its bytes, or its bytes with the id the caller expects it to get.
 * A wrong expectation rejects with `ERR_LOG_NON_SEQUENTIAL` and nothing is written.
 */
export type AppendInput =
  | Uint8Array
  | { readonly id?: RecordId | undefined; readonly data: Uint8Array };

/** The ids that an append was given: `firstId` to `lastId`, inclusive. */
export interface AppendResult {
  readonly firstId: RecordId;
  readonly lastId: RecordId;
}
