import { checkRecordId, copyBytes, invalidArgument } from './arguments.ts';
import { LogError } from './errors.ts';
import { type AppendInput, MAX_RECORD_ID, type RecordId } from './record.ts';

/** What a backend accepts at once, in bytes of data. */
export interface AppendLimits {
  /** For the data of one record. */
  readonly maxRecordBytes: number;
  /** For the data of all the records of one call together. */
  readonly maxBatchBytes: number;
}

/** What one append call was given. Nothing of it runs code of the caller's any more. */
export interface TakenAppend {
  /** Views of the caller's bytes: copy before returning to it. */
  readonly records: readonly Uint8Array[];
  /** The ids that the caller gave, each in its record's place; `undefined` when it gave none. */
  readonly ids: readonly (RecordId | undefined)[] | undefined;
}

/** The data of one append call, checked. */
export interface CheckedAppend {
  /** Views of the caller's bytes: copy before returning to it. */
  readonly records: readonly Uint8Array[];
  /** The data of all of them together. */
  readonly bytes: number;
}

/**
 * Reads what one append call was given, each part once, and checks its types. This may run code of the caller's
 * (getters, a Proxy), and that may call the log: look at the log's own state only afterwards (ORDER-5).
 * @throws LogError `ERR_LOG_INVALID_ARGUMENT`
 */
export function takeAppend(input: AppendInput | readonly AppendInput[]): TakenAppend {
  // The usual case, in short: of what appends cost beside their sync this is a good part.
  if (ArrayBuffer.isView(input) && input instanceof Uint8Array) {
    return { records: [plainBytes(input)], ids: undefined };
  }
  const inputs: readonly unknown[] = Array.isArray(input) ? input : [input];
  const { length } = inputs;
  const records: Uint8Array[] = [];
  let ids: (RecordId | undefined)[] | undefined;
  for (let i = 0; i < length; i++) {
    const one = inputs[i];
    if (ArrayBuffer.isView(one) && one instanceof Uint8Array) {
      records.push(plainBytes(one));
      continue;
    }
    if (one === null || typeof one !== 'object' || !('data' in one)) {
      throw invalidArgument('record', 'a Uint8Array or { id?, data }', one);
    }
    const { data, id } = one as { data: unknown; id?: unknown };
    if (!ArrayBuffer.isView(data) || !(data instanceof Uint8Array)) {
      throw invalidArgument('data', 'a Uint8Array', data);
    }
    records.push(plainBytes(data));
    if (id === undefined) continue;
    ids ??= [];
    ids[i] = checkRecordId('id', id);
  }
  return { records, ids };
}

/**
 * Checks one append call against the contract, before anything of it is written: record by record that its bytes
 * are still there, its id (record i must be `nextId + i`) and its size; then the batch. Runs no code of the caller's.
 * @throws LogError `ERR_LOG_INVALID_ARGUMENT`, `ERR_LOG_NON_SEQUENTIAL`, `ERR_LOG_TOO_LARGE`
 */
export function checkAppend(
  { records, ids }: TakenAppend,
  nextId: RecordId,
  limits: AppendLimits,
): CheckedAppend {
  let bytes = 0;
  for (let i = 0; i < records.length; i++) {
    const { length } = records[i] as Uint8Array;
    if (length === 0) copyBytes('data', records[i]); // They may have been transferred away, by the getter of a later record.
    if (ids !== undefined) checkExpectation(ids[i], nextId + i);
    if (length > limits.maxRecordBytes) {
      throw tooLarge(`record of ${length} bytes`, 'maxRecordBytes', limits.maxRecordBytes);
    }
    bytes += length;
  }
  if (bytes > limits.maxBatchBytes) {
    throw tooLarge(`batch of ${bytes} bytes`, 'maxBatchBytes', limits.maxBatchBytes);
  }
  // Subtract, since a sum above 2^53 would round.
  if (records.length > MAX_RECORD_ID - nextId + 1) {
    throw tooLarge(`${records.length} records from id ${nextId}`, 'MAX_RECORD_ID', MAX_RECORD_ID);
  }
  return { records, bytes };
}

const BUFFER: unknown = (globalThis as { Buffer?: { prototype: unknown } }).Buffer?.prototype;

/** The same bytes, with a `length` that is the language's own: what a caller makes of it would run at every later step. */
function plainBytes(data: Uint8Array): Uint8Array {
  const prototype: unknown = Object.getPrototypeOf(data);
  const isPlain = prototype === Uint8Array.prototype || prototype === BUFFER;
  return isPlain && !Object.hasOwn(data, 'length') ? data : copyBytes('data', data);
}

/** Beyond the last id there is no right one: `checkAppend` says so (IDS-7). */
function checkExpectation(id: RecordId | undefined, expectedId: RecordId): void {
  if (id === undefined || id === expectedId || expectedId > MAX_RECORD_ID) return;
  throw new LogError(
    'ERR_LOG_NON_SEQUENTIAL',
    `record id ${id} is not the next id, expectedId=${expectedId}`,
    { expectedId },
  );
}

function tooLarge(what: string, name: string, limit: number): LogError {
  return new LogError('ERR_LOG_TOO_LARGE', `${what} is over the limit, ${name}=${limit}`, {
    limit,
  });
}
