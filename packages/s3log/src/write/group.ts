import type { AppendResult, BatchBuilder, RecordId } from '@wal/core';
import type { BuilderPool } from './builder-pool.ts';

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
  readonly firstId: RecordId;
  readonly waiters: Waiter[] = [];
  /** Whether it has waited for others long enough. */
  hasLingered = false;
  /** Ends the wait for others: no timer outlives what it is for. */
  endLinger: () => void = () => undefined;
  readonly #chunkBytes: number;
  readonly #pool: BuilderPool;
  readonly #batch: BatchBuilder;
  #recordCount = 0;
  #dataBytes = 0;

  constructor(firstId: RecordId, chunkBytes: number, pool: BuilderPool) {
    this.firstId = firstId;
    this.#chunkBytes = chunkBytes;
    this.#pool = pool;
    this.#batch = pool.take();
  }

  /** The id after its last record. */
  get nextId(): RecordId {
    return this.firstId + this.#recordCount;
  }

  /** The bytes of its records. */
  get dataBytes(): number {
    return this.#dataBytes;
  }

  get isFull(): boolean {
    return this.#dataBytes >= this.#chunkBytes || this.#recordCount >= MOST_RECORDS;
  }

  /** Whether an append of so much still fits. One alone always does. */
  hasRoom(records: number, bytes: number): boolean {
    if (this.#recordCount === 0) return true;
    const hasBytes = this.#dataBytes + bytes <= this.#chunkBytes;
    return hasBytes && this.#recordCount + records <= MOST_RECORDS;
  }

  /** Takes the bytes of an append; all of it or, when there is no memory, nothing. */
  add(records: readonly Uint8Array[], bytes: number, waiter: Waiter): void {
    this.#batch.reserve(records.length, bytes);
    for (const record of records) this.#batch.add(record);
    this.#recordCount += records.length;
    this.#dataBytes += bytes;
    this.waiters.push(waiter);
  }

  /** The records, encoded where they are. */
  encode(encode: (batch: BatchBuilder) => Uint8Array): Uint8Array {
    return encode(this.#batch);
  }

  /** Gives the memory back, once nobody reads what `encode` gave. */
  release(): void {
    this.#pool.give(this.#batch);
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
