import { abortablePromise, type RecordId } from '@wal/core';
import { BuilderPool, Group, type Waiter } from './group.ts';

/** What a queue works for. */
export interface Committer {
  /** Makes a group durable. */
  commit(group: Group): Promise<void>;
  /** Called with what an operation failed with: the errors of its own appends, and of those behind it. */
  explain(error: unknown): {
    readonly own: (waiter: Waiter) => unknown;
    readonly queued: (waiter: Waiter) => unknown;
  };
  /** Called once the appends behind a failure are out of the queue, before they are told. */
  appendsWithdrawn(): void;
}

/** Where a log begins and ends: the first id that is not trimmed, and the id of the next append. */
export interface LogIds {
  readonly firstId: RecordId;
  readonly nextId: RecordId;
}

/** Something that takes its turn between groups: a truncate, a trim, a roll, a sync, a close. */
interface Barrier {
  readonly run: () => Promise<void>;
  readonly reject: (error: unknown) => void;
  /** How it moves the ids, for what is queued behind it; `undefined`: not at all. */
  readonly idsAfter: ((ids: LogIds) => LogIds) | undefined;
}

/** An append that waits for room in the queue, with a copy of its bytes. */
interface WaitingAppend {
  readonly records: readonly Uint8Array[];
  readonly bytes: number;
  readonly waiter: Waiter;
}

/** What a queued record costs besides its bytes, about: its promise and its place. */
const RECORD_OVERHEAD_BYTES = 64;

/**
 * The order in which a log does things: that of the calls. While one group is written and synced the
 * appends that arrive are collected into the next, so a group is whatever came in during the last one.
 *
 * Groups hold up to `maxQueuedBytes` of data. An append beyond that waits outside with one copy of its
 * own, and whatever comes after it waits behind it. When an operation fails that later ids depended on,
 * the appends queued behind it fail too; truncates and trims keep their turn.
 */
export class CommitQueue {
  readonly #committer: Committer;
  readonly #maxQueuedBytes: number;
  readonly #batchBytes: number;
  readonly #pool = new BuilderPool();
  #items: (Group | Barrier)[] = [];
  #waiting: (WaitingAppend | Barrier)[] = [];
  #queuedBytes = 0;
  #isRunning = false;

  constructor(committer: Committer, maxQueuedBytes: number, batchBytes: number) {
    this.#committer = committer;
    this.#maxQueuedBytes = maxQueuedBytes;
    this.#batchBytes = batchBytes;
  }

  /** Whether nothing is queued or under way. */
  get isIdle(): boolean {
    return !this.#isRunning;
  }

  /** Takes the bytes of `records` before it returns. */
  append(records: readonly Uint8Array[], dataBytes: number, waiter: Waiter): void {
    const bytes = dataBytes + records.length * RECORD_OVERHEAD_BYTES;
    if (this.#waiting.length > 0 || !this.#hasRoom(bytes)) {
      // Not `slice`, which gives of a Buffer no copy.
      const copies = records.map((record) => new Uint8Array(record));
      this.#waiting.push({ records: copies, bytes, waiter });
    } else {
      this.#enqueue(records, bytes, waiter);
    }
    this.#start();
  }

  barrier<T>(
    run: () => Promise<T>,
    idsAfter?: (ids: LogIds) => LogIds,
    signal?: AbortSignal,
  ): Promise<T> {
    return abortablePromise<T>(signal, (resolve, reject) => {
      const barrier = { run: async () => resolve(await run()), reject, idsAfter };
      if (this.#waiting.length > 0) this.#waiting.push(barrier);
      else this.#items.push(barrier);
      this.#start();
    });
  }

  /** What the queued barriers make of `ids`, when no append is queued. */
  idsAfterBarriers(ids: LogIds): LogIds {
    let after = ids;
    for (const item of [...this.#items, ...this.#waiting]) {
      if ('idsAfter' in item) after = item.idsAfter?.(after) ?? after;
    }
    return after;
  }

  /** An empty queue always has room: a batch may be as large as the queue. */
  #hasRoom(bytes: number): boolean {
    return this.#queuedBytes === 0 || this.#queuedBytes + bytes <= this.#maxQueuedBytes;
  }

  /** Throws when there is no memory, and has changed nothing then. */
  #enqueue(records: readonly Uint8Array[], bytes: number, waiter: Waiter): void {
    const last = this.#items.at(-1);
    if (last instanceof Group && last.hasRoom(records.length, bytes)) {
      last.add(records, bytes, waiter);
    } else {
      const group = new Group(this.#pool, this.#batchBytes, waiter.firstId);
      group.add(records, bytes, waiter);
      this.#items.push(group);
    }
    this.#queuedBytes += bytes;
  }

  #start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    await undefined; // So that appends of the same turn share the first group.
    for (let item = this.#items.shift(); item !== undefined; item = this.#items.shift()) {
      if (item instanceof Group) await this.#runGroup(item);
      else await this.#runBarrier(item);
      this.#admit();
    }
    this.#isRunning = false;
  }

  async #runGroup(group: Group): Promise<void> {
    try {
      if (group.recordCount > 0) await this.#committer.commit(group);
      group.resolve();
    } catch (error) {
      this.#fail(error, (own) => group.reject(own));
    } finally {
      this.#release(group);
    }
  }

  async #runBarrier(barrier: Barrier): Promise<void> {
    try {
      await barrier.run();
    } catch (error) {
      if (barrier.idsAfter === undefined) barrier.reject(error);
      else this.#fail(error, () => barrier.reject(error));
    }
  }

  /** Takes the appends out of the queue and tells, in call order, first what failed and then them. */
  #fail(error: unknown, rejectFailed: (own: (waiter: Waiter) => unknown) => void): void {
    const { own, queued } = this.#committer.explain(error);
    const groups = this.#items.filter((item) => item instanceof Group);
    const waiting = this.#waiting.filter((item) => 'waiter' in item);
    this.#items = this.#items.filter((item) => !(item instanceof Group));
    this.#waiting = this.#waiting.filter((item) => !('waiter' in item));
    this.#committer.appendsWithdrawn();
    rejectFailed(own);
    for (const group of groups) {
      group.reject(queued);
      this.#release(group);
    }
    for (const { waiter } of waiting) waiter.reject(queued(waiter));
  }

  #release(group: Group): void {
    this.#queuedBytes -= group.queuedBytes;
    group.release();
  }

  /** Lets in what waits outside, in order, as far as there is room. */
  #admit(): void {
    let count = 0;
    for (const item of this.#waiting) {
      if ('waiter' in item) {
        if (!this.#hasRoom(item.bytes)) break;
        try {
          this.#enqueue(item.records, item.bytes, item.waiter);
        } catch (error) {
          this.#waiting.splice(0, count);
          this.#fail(error, () => undefined); // It is among those that wait.
          this.#admit(); // The barriers among them.
          return;
        }
      } else {
        this.#items.push(item);
      }
      count++;
    }
    this.#waiting.splice(0, count);
  }
}
