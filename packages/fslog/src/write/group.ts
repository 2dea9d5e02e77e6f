import { type AppendResult, BatchBuilder, type RecordId } from '@wal/core';

/** A group takes no further append once it holds this much: one write, one sync, bounded latency. */
export const GROUP_BYTES = 1_048_576;
const GROUP_RECORDS = 65_536;

/** One append call that waits for its group to become durable. */
export interface Waiter {
  readonly firstId: RecordId;
  readonly recordCount: number;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Appends that are written and synced together, as one batch: all of them or none survive a crash. */
export class Group {
  readonly batch: BatchBuilder;
  readonly firstId: RecordId;
  readonly waiters: Waiter[] = [];
  /** What it counts in its queue. */
  queuedBytes = 0;

  constructor(batch: BatchBuilder, firstId: RecordId) {
    this.batch = batch;
    this.firstId = firstId;
  }

  /** The id after its last record. */
  get nextId(): RecordId {
    return this.firstId + this.batch.recordCount;
  }

  /** Whether an append of so much still fits. One alone always does. */
  hasRoom(records: number, bytes: number): boolean {
    const { recordCount } = this.batch;
    if (recordCount === 0) return true;
    return this.queuedBytes + bytes <= GROUP_BYTES && recordCount + records <= GROUP_RECORDS;
  }

  /** Takes the bytes of an append; all of it or, when there is no memory, nothing. */
  add(records: readonly Uint8Array[], bytes: number, waiter: Waiter): void {
    this.batch.reserve(records.length, bytes);
    for (const record of records) this.batch.add(record);
    this.waiters.push(waiter);
    this.queuedBytes += bytes;
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

/** Batch builders to use again: their memory is what a group costs. */
export class BuilderPool {
  readonly #free: BatchBuilder[] = [];

  take(): BatchBuilder {
    return this.#free.pop() ?? new BatchBuilder();
  }

  /** Keeps the two that group commit alternates between, unless a huge batch has swollen them. */
  give(builder: BatchBuilder): void {
    builder.reset();
    if (this.#free.length < 2 && builder.capacity <= 4 * GROUP_BYTES) this.#free.push(builder);
  }
}
