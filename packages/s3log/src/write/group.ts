import { type AppendResult, BatchBuilder, type RecordId } from '@wal/core';

/** More records than this make another chunk. */
const MOST_RECORDS = 65_536;

/** One append call that waits for its chunk. */
export interface Waiter {
  readonly firstId: RecordId;
  readonly recordCount: number;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Appends that become one chunk. */
export class Group {
  readonly batch: BatchBuilder = new BatchBuilder();
  readonly firstId: RecordId;
  readonly waiters: Waiter[] = [];
  /** When it should be sent at the latest, if the pipeline has room. */
  readonly dueAtMs: number;
  readonly #chunkBytes: number;

  constructor(firstId: RecordId, chunkBytes: number, dueAtMs: number) {
    this.firstId = firstId;
    this.#chunkBytes = chunkBytes;
    this.dueAtMs = dueAtMs;
  }

  /** The id after its last record. */
  get nextId(): RecordId {
    return this.firstId + this.batch.recordCount;
  }

  get isFull(): boolean {
    return this.batch.dataBytes >= this.#chunkBytes || this.batch.recordCount >= MOST_RECORDS;
  }

  /** Whether an append of so much still fits. One alone always does. */
  hasRoom(records: number, bytes: number): boolean {
    const { recordCount, dataBytes } = this.batch;
    if (recordCount === 0) return true;
    return dataBytes + bytes <= this.#chunkBytes && recordCount + records <= MOST_RECORDS;
  }

  /** Takes the bytes of an append; all of it or, when there is no memory, nothing. */
  add(records: readonly Uint8Array[], bytes: number, waiter: Waiter): void {
    this.batch.reserve(records.length, bytes);
    for (const record of records) this.batch.add(record);
    this.waiters.push(waiter);
  }

  resolve(): void {
    for (const { firstId, recordCount, resolve } of this.waiters) {
      resolve({ firstId, lastId: firstId + recordCount - 1 });
    }
  }

  reject(errorFor: (waiter: Waiter) => unknown): void {
    for (const waiter of this.waiters) waiter.reject(errorFor(waiter));
  }
}
