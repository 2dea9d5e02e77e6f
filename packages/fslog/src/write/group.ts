import { type AppendResult, BatchBuilder, type RecordId } from '@wal/core';
import { GroupTiming } from '../diagnostics/group-timing.ts';

/** A group takes no further append once it holds this much: one write, one sync, bounded latency. */
const GROUP_BYTES = 1_048_576;
const GROUP_RECORDS = 65_536;
/** What a pool keeps. */
const KEPT_BYTES = 4 * GROUP_BYTES;

/** One append call that waits for its group to become durable. */
export interface Waiter {
  readonly firstId: RecordId;
  readonly recordCount: number;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Appends that are written and synced together. Each is in one batch, and so is there or not after a crash; batches are
 * no larger than that asks for, since whoever reads a record checks all of its batch.
 */
export class Group {
  readonly batches: BatchBuilder[] = [];
  readonly firstId: RecordId;
  readonly waiters: Waiter[] = [];
  /** Where a group that failed was cut off: what has its ids before this one is done all the same. */
  durableNextId: RecordId;
  /** What it counts in its queue. */
  queuedBytes = 0;
  readonly timing: GroupTiming | undefined = GroupTiming.begin();
  readonly #pool: BuilderPool;
  /** How much a batch of several appends may count. */
  readonly #batchBytes: number;
  /** What the last batch counts. */
  #lastBytes = 0;
  #recordCount = 0;

  constructor(pool: BuilderPool, batchBytes: number, firstId: RecordId) {
    this.#pool = pool;
    this.#batchBytes = batchBytes;
    this.firstId = firstId;
    this.durableNextId = firstId;
  }

  get recordCount(): number {
    return this.#recordCount;
  }

  /** The id after its last record. */
  get nextId(): RecordId {
    return this.firstId + this.#recordCount;
  }

  /** What it takes in a segment. */
  get encodedBytes(): number {
    let bytes = 0;
    for (const batch of this.batches) bytes += batch.encodedBytes;
    return bytes;
  }

  /** Whether an append of so much still fits. One alone always does. */
  hasRoom(records: number, bytes: number): boolean {
    if (this.#recordCount === 0) return true;
    return this.queuedBytes + bytes <= GROUP_BYTES && this.#recordCount + records <= GROUP_RECORDS;
  }

  /** Takes the bytes of an append; all of it or, when there is no memory, nothing. */
  add(records: readonly Uint8Array[], bytes: number, waiter: Waiter): void {
    const last = this.batches.at(-1);
    const hasRoom = last !== undefined && this.#lastBytes + bytes <= this.#batchBytes;
    const batch = hasRoom ? last : this.#pool.take();
    batch.reserve(records.length, bytes);
    if (!hasRoom) this.batches.push(batch);
    this.#lastBytes = bytes + (hasRoom ? this.#lastBytes : 0);
    for (const record of records) batch.add(record);
    this.#recordCount += records.length;
    this.waiters.push(waiter);
    this.queuedBytes += bytes;
  }

  /** Gives back its memory. */
  release(): void {
    for (const batch of this.batches) this.#pool.give(batch);
    this.batches.length = 0;
  }

  resolve(): void {
    for (const waiter of this.waiters) resolveWaiter(waiter);
  }

  /** Of a group that failed, or that is behind one. */
  reject(errorFor: (waiter: Waiter) => unknown): void {
    for (const waiter of this.waiters) {
      const { firstId, recordCount } = waiter;
      // An append of nothing where it was cut off is behind what failed, too.
      const isDone = firstId < this.durableNextId && firstId + recordCount <= this.durableNextId;
      if (isDone) resolveWaiter(waiter);
      else waiter.reject(errorFor(waiter));
    }
  }
}

function resolveWaiter({ firstId, recordCount, resolve }: Waiter): void {
  resolve({ firstId, lastId: firstId + recordCount - 1 });
}

/** Batch builders to use again: their memory is what a group costs. */
export class BuilderPool {
  readonly #free: BatchBuilder[] = [];
  #freeBytes = 0;

  take(): BatchBuilder {
    const builder = this.#free.pop();
    if (builder === undefined) return new BatchBuilder();
    this.#freeBytes -= builder.capacity;
    return builder;
  }

  /** Keeps about what the two groups take that group commit alternates between. */
  give(builder: BatchBuilder): void {
    builder.reset();
    if (this.#freeBytes + builder.capacity > KEPT_BYTES) return;
    this.#freeBytes += builder.capacity;
    this.#free.push(builder);
  }
}
