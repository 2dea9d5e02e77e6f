import type { RecordId } from '@wal/core';
import type { Segment } from './segment.ts';

/**
 * The live segments, oldest first. A segment ends where its successor begins: records that it holds
 * beyond that were truncated.
 *
 * A log that was just opened knows its tail only. The older ones are looked up, by listing the directory,
 * when one of them is needed for the first time.
 */
export class SegmentList {
  #segments: Segment[];
  #loadOlder: (() => Promise<readonly Segment[]>) | undefined;
  #loading: Promise<void> | undefined;

  /** `loadOlder` gives the segments before `known`; without it there are none. */
  constructor(known: readonly Segment[], loadOlder?: () => Promise<readonly Segment[]>) {
    this.#segments = [...known];
    this.#loadOlder = loadOlder;
  }

  /** Those that are known. */
  get all(): readonly Segment[] {
    return this.#segments;
  }

  /** Looks up the older ones, if that was not done yet. @throws LogError `ERR_LOG_CORRUPT` */
  async load(): Promise<void> {
    const loadOlder = this.#loadOlder;
    if (loadOlder === undefined) return;
    // A failure is not kept: the next one to need them tries again.
    this.#loading ??= loadOlder()
      .then((older) => {
        this.#segments = [...older, ...this.#segments];
        this.#loadOlder = undefined;
      })
      .finally(() => {
        this.#loading = undefined;
      });
    await this.#loading;
  }

  /** Waits until nothing is being looked up any more. */
  async done(): Promise<void> {
    await this.#loading?.catch(() => undefined);
  }

  /** Sees to it that the segment with `id` is among the known ones, if there is one. @throws as `load` */
  async reach(id: RecordId): Promise<void> {
    if (id < (this.#segments[0]?.firstId ?? Number.POSITIVE_INFINITY)) await this.load();
  }

  /** The known segment that holds `id`, if it is stored: the last one that begins at or before it. */
  find(id: RecordId): Segment | undefined {
    return this.#segments[this.#indexOf(id)];
  }

  successorOf(segment: Segment): Segment | undefined {
    const index = this.#indexOf(segment.firstId);
    return this.#segments[index] === segment ? this.#segments[index + 1] : undefined;
  }

  /** Adds the new tail and takes out, and returns, the segments that it supersedes. */
  supersede(tail: Segment): Segment[] {
    const kept = this.#segments.filter((segment) => segment.firstId < tail.firstId);
    const superseded = this.#segments.slice(kept.length);
    const predecessor = kept.at(-1);
    if (predecessor !== undefined) predecessor.isLinked = true;
    this.#segments = [...kept, tail];
    return superseded;
  }

  /** Takes out, and returns, the segments that hold nothing from `firstId` on. The tail stays. */
  dropBefore(firstId: RecordId): Segment[] {
    let count = 0;
    while ((this.#segments[count + 1]?.firstId ?? Number.POSITIVE_INFINITY) <= firstId) count++;
    return this.#segments.splice(0, count);
  }

  /** By binary search; −1 before the first. */
  #indexOf(id: RecordId): number {
    let low = 0;
    let high = this.#segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#segments[middle] as Segment).firstId <= id) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  remove(segment: Segment): void {
    this.#segments = this.#segments.filter((other) => other !== segment);
  }
}
