import type { BatchBuilder } from '@wal/core';
import { chunkBuilder } from '../chunk/chunk.ts';

/** What is kept while nothing is under way: for the group that is filled, and the one that is sent. */
const KEPT_IDLE = 2;

/** Memory of groups to use again: fresh pages cost the system more time than the bytes that are copied into them. */
export class BuilderPool {
  readonly #mostKept: number;
  readonly #mostBytes: number;
  readonly #free: BatchBuilder[] = [];

  constructor(mostKept: number, chunkBytes: number) {
    this.#mostKept = mostKept;
    this.#mostBytes = 4 * chunkBytes;
  }

  take(): BatchBuilder {
    return this.#free.pop() ?? chunkBuilder();
  }

  /**
   * Takes back what `take` gave. Only what nobody reads any more: no request that was given up, and may go on. One
   * that a huge batch has swollen is not kept.
   */
  give(batch: BatchBuilder): void {
    batch.reset();
    const { length } = this.#free;
    if (length < this.#mostKept && batch.capacity <= this.#mostBytes) this.#free.push(batch);
  }

  /** Lets go of most of it: a log that rests after a burst does not keep the memory of the burst. */
  rest(): void {
    this.#free.length = Math.min(this.#free.length, KEPT_IDLE);
  }
}
