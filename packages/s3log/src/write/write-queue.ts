import { abortablePromise } from '@wal/core';
import type { Clock } from '../runtime/clock.ts';
import { BuilderPool } from './builder-pool.ts';
import { Group, type Waiter } from './group.ts';
import type { Pipeline } from './pipeline.ts';

/** Something that takes its turn when all before it is done: a truncate, a trim, a close. */
interface Barrier {
  readonly run: () => Promise<void>;
}

/** When groups are sent. */
export interface Grouping {
  readonly chunkBytes: number;
  readonly lingerMs: number;
  readonly maxInFlight: number;
}

/**
 * The order in which a log does things: that of the calls. Appends are collected into a group, which is sent at
 * once while nothing is in flight, and otherwise when it is full, when something other follows it, or when it
 * has waited for the linger time.
 */
export class WriteQueue {
  readonly #pipeline: Pipeline;
  readonly #clock: Clock;
  readonly #grouping: Grouping;
  readonly #pool: BuilderPool;
  #items: (Group | Barrier)[] = [];
  #isBarrierRunning = false;
  #isPumpDue = false;

  constructor(pipeline: Pipeline, clock: Clock, grouping: Grouping) {
    this.#pipeline = pipeline;
    this.#clock = clock;
    this.#grouping = grouping;
    this.#pool = new BuilderPool(2 * grouping.maxInFlight, grouping.chunkBytes);
  }

  /** Whether nothing is queued or under way. */
  get isIdle(): boolean {
    return this.#items.length === 0 && !this.#isBarrierRunning && this.#pipeline.isIdle;
  }

  /** Takes the bytes of `records` before it returns. */
  append(records: readonly Uint8Array[], bytes: number, waiter: Waiter): void {
    const last = this.#items.at(-1);
    if (last instanceof Group && last.hasRoom(records.length, bytes)) {
      last.add(records, bytes, waiter);
    } else {
      const group = new Group(waiter.firstId, this.#grouping.chunkBytes, this.#pool);
      group.add(records, bytes, waiter);
      this.#items.push(group);
      this.#linger(group);
    }
    this.#pumpSoon();
  }

  /** Runs `run` once everything before it is done, and then what comes after it. */
  barrier<T>(run: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return abortablePromise<T>(signal, (resolve, reject) => {
      this.#items.push({ run: () => run().then(resolve, reject) });
      this.#pumpSoon();
    });
  }

  /** Takes the appends out that were not sent. */
  withdraw(): readonly Group[] {
    const groups = this.#items.filter((item) => item instanceof Group);
    for (const group of groups) group.endLinger();
    this.#items = this.#items.filter((item) => !(item instanceof Group));
    return groups;
  }

  /** Does what can be done now. */
  pump(): void {
    if (this.isIdle) this.#restSoon();
    for (let [item] = this.#items; item !== undefined; [item] = this.#items) {
      if (this.#isBarrierRunning) return;
      if (item instanceof Group) {
        if (!this.#pipeline.hasRoom || !this.#isDue(item)) return;
        this.#items.shift();
        item.endLinger();
        this.#pipeline.send(item);
      } else {
        if (!this.#pipeline.isIdle) return;
        this.#items.shift();
        this.#isBarrierRunning = true;
        void item.run().then(() => {
          this.#isBarrierRunning = false;
          this.pump();
        });
      }
    }
  }

  #linger(group: Group): void {
    const { lingerMs } = this.#grouping;
    group.hasLingered = lingerMs === 0;
    if (group.hasLingered) return;
    group.endLinger = this.#clock.after(lingerMs, () => {
      group.hasLingered = true;
      this.pump();
    });
  }

  /** Callers that go on with their next append come first. */
  #restSoon(): void {
    setImmediate(() => {
      if (this.isIdle) this.#pool.rest();
    });
  }

  #isDue(group: Group): boolean {
    const isFollowed = this.#items.length > 1;
    return isFollowed || group.isFull || group.hasLingered || this.#pipeline.isIdle;
  }

  /** Appends of the same turn share a group. */
  #pumpSoon(): void {
    if (this.#isPumpDue) return;
    this.#isPumpDue = true;
    queueMicrotask(() => {
      this.#isPumpDue = false;
      this.pump();
    });
  }
}
