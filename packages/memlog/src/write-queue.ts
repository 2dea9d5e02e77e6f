import { type ChangeSignal, LogError, type RecordId } from '@wal/core';
import { appendFailure, type FaultySync, type MemLogFaults, stopsWrites } from './faults.ts';
import { PendingWrite } from './pending-write.ts';
import type { StoredRecords } from './stored-records.ts';
import { type AppendWrite, applyWrite, changesNothing, LogEnd, type Write } from './write.ts';

/**
 * Makes writes durable in call order, past the faults that a test set. Without faults a write is durable
 * when `submit` returns; with them it waits here for its turn, and appends that wait share one sync.
 */
export class WriteQueue {
  readonly #stored: StoredRecords;
  readonly #faults: MemLogFaults | undefined;
  readonly #changes: ChangeSignal;
  /** In call order; the first ones are those that are being worked on. */
  #pending: PendingWrite[] = [];
  /** Means nothing while no write is pending: then the end is that of what is stored. */
  #end: LogEnd;
  #running = false;
  #crashed = false;
  #stopped: LogError | undefined;
  #unsynced: readonly Write[] = [];
  #onDrained: (() => void)[] = [];

  constructor(stored: StoredRecords, faults: MemLogFaults | undefined, changes: ChangeSignal) {
    this.#stored = stored;
    this.#faults = faults;
    this.#changes = changes;
    this.#end = new LogEnd(stored);
  }

  /** The id that the next record gets, pending writes counted. */
  get nextId(): RecordId {
    return this.#pending.length === 0 ? this.#stored.lastId + 1 : this.#end.nextId;
  }

  /** Why no more writes are taken, once storage failed. */
  get stopped(): LogError | undefined {
    return this.#stopped;
  }

  /** The writes of a sync that failed, of which nobody knows whether they are durable. */
  get unsynced(): readonly Write[] {
    return this.#unsynced;
  }

  /** Resolves with `result` once `write` and all before it are durable. Only while not `stopped`. */
  submit<Result>(write: Write, result: Result, signal: AbortSignal | undefined): Promise<Result> {
    const faults = this.#faults;
    if (this.#pending.length === 0) {
      if (faults?.beforeAppend === undefined && faults?.beforeSync === undefined) {
        applyWrite(this.#stored, write);
        this.#changes.notify();
        return Promise.resolve(result);
      }
      this.#end = new LogEnd(this.#stored);
    }
    const pending = new PendingWrite(write, result, signal);
    this.#pending.push(pending as PendingWrite);
    this.#end.advance(write);
    if (!this.#running) {
      this.#running = true;
      // Rejects never: every failure is some write's.
      void this.#run();
    }
    pending.watch();
    return pending.promise;
  }

  /** Resolves once nothing is pending. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#pending.length === 0) resolve();
      else this.#onDrained.push(resolve);
    });
  }

  /** Gives up everything pending, without a change to what is stored. @returns What was in flight, in call order. */
  crash(): readonly Write[] {
    this.#crashed = true;
    const inFlight = [...this.#unsynced];
    for (const pending of this.#pending) {
      if (pending.failure === undefined) {
        inFlight.push(pending.write);
        pending.failure = lost(pending.write, new Error('the storage crashed'));
      }
    }
    this.#settle(this.#pending.length);
    return inFlight;
  }

  async #run(): Promise<void> {
    // Writes that are called together are synced together.
    await undefined;
    while (this.#pending.length > 0) await this.#step();
    this.#running = false;
  }

  /** Settles the first group, or finds out which of its writes fail, so that the next step settles them. */
  async #step(): Promise<void> {
    const intact = this.#pending.findIndex(({ failure }) => failure === undefined);
    const failed = intact === -1 ? this.#pending.length : intact;
    if (failed > 0) {
      this.#settle(failed);
      return;
    }
    const group = await this.#write(this.#nextGroup());
    if (group.length === 0 || this.#crashed) return;
    const synced = await this.#sync(group.map((pending) => pending.write));
    // Asked last, with no more waiting: a crash decides itself what becomes of these writes.
    if (!synced || this.#crashed) return;
    for (const pending of group) applyWrite(this.#stored, pending.write);
    this.#settle(group.length);
    this.#changes.notify();
  }

  /** All appends up to the first other write, or that one write. */
  #nextGroup(): PendingWrite[] {
    const end = this.#pending.findIndex(
      ({ write, failure }) => write.kind !== 'append' || failure !== undefined,
    );
    return this.#pending.slice(0, end === -1 ? undefined : Math.max(end, 1));
  }

  /** Calls the hook for each append of the group. @returns Those before the first that failed. */
  async #write(group: PendingWrite[]): Promise<PendingWrite[]> {
    for (const [i, { write }] of group.entries()) {
      if (write.kind !== 'append' || write.records.length === 0) continue;
      const { firstId, bytes } = write;
      try {
        await this.#faults?.beforeAppend?.({ firstId, lastId: lastIdOf(write), bytes });
      } catch (error) {
        if (this.#crashed) return [];
        if (stopsWrites(error)) this.#stop(i, error);
        else this.#fail(i, appendFailure(error), 'append');
        return group.slice(0, i);
      }
      if (this.#crashed) return [];
    }
    return group;
  }

  /** Whether the writes, all appends or one other, may now be made durable. */
  async #sync(writes: readonly Write[]): Promise<boolean> {
    const changing = writes.filter((write) => !changesNothing(this.#stored, write));
    if (changing.length === 0) return true;
    try {
      await this.#faults?.beforeSync?.(syncOf(changing));
      return true;
    } catch (error) {
      if (!this.#crashed) this.#syncFailed(writes, error);
      return false;
    }
  }

  #syncFailed(writes: readonly Write[], error: unknown): void {
    if (stopsWrites(error)) {
      this.#stop(0, error);
      return;
    }
    this.#unsynced = writes;
    for (const [i, write] of writes.entries()) {
      (this.#pending[i] as PendingWrite).failure = lost(write, error);
    }
    this.#stop(0, failed(error));
  }

  /** Fails the pending writes from the i-th on, and all later ones. */
  #stop(from: number, error: LogError): void {
    this.#stopped = error;
    this.#fail(from, error);
  }

  /** Marks writes from the i-th on for rejection in their turn, and moves the end back accordingly. */
  #fail(from: number, failure: LogError, kind?: Write['kind']): void {
    this.#end = new LogEnd(this.#stored);
    for (const [i, pending] of this.#pending.entries()) {
      if (i >= from && (kind === undefined || pending.write.kind === kind)) {
        pending.failure ??= failure;
      }
      if (pending.failure === undefined) this.#end.advance(pending.write);
    }
  }

  /** Tells the callers of the first `count` writes what became of them. */
  #settle(count: number): void {
    for (const pending of this.#pending.splice(0, count)) pending.settle();
    if (this.#pending.length > 0) return;
    const onDrained = this.#onDrained;
    this.#onDrained = [];
    for (const resolve of onDrained) resolve();
  }
}

function lastIdOf(write: AppendWrite): RecordId {
  return write.firstId + write.records.length - 1;
}

/** What the hook is told of writes that go together, none of them without effect. */
function syncOf(writes: readonly Write[]): FaultySync {
  const first = writes[0] as Write;
  if (first.kind !== 'append') return first;
  return { kind: 'append', firstId: first.firstId, lastId: lastIdOf(writes.at(-1) as AppendWrite) };
}

function failed(cause: unknown): LogError {
  return new LogError('ERR_LOG_FAILED', 'storage failed: the log takes no more writes', { cause });
}

/** What a write rejects with that may or may not have become durable. */
function lost(write: Write, cause: unknown): LogError {
  if (write.kind !== 'append') return failed(cause);
  const { firstId } = write;
  return new LogError(
    'ERR_LOG_OUTCOME_UNKNOWN',
    `records from id ${firstId} may or may not be durable`,
    { cause, firstId },
  );
}
