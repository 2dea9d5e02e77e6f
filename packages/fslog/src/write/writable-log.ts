import {
  type AppendInput,
  type AppendResult,
  abortable,
  abortablePromise,
  ChangeSignal,
  checkAppend,
  checkLastToKeep,
  checkOperationOptions,
  checkRecordId,
  closedError,
  createLogIterator,
  type DiskLock,
  type IteratorOptions,
  isLogError,
  type LogError,
  type LogIterator,
  type LogRecord,
  type LogView,
  type OperationOptions,
  type RecordId,
  refuseUnlessStored,
  takeAppend,
  throwIfAborted,
} from '@wal/core';
import {
  appendChannel,
  type FsLogAppendMessage,
  type FsLogFailureMessage,
  failureChannel,
} from '../diagnostics/channels.ts';
import type { GroupTiming } from '../diagnostics/group-timing.ts';
import { failed, outcomeUnknown } from '../disk/storage-error.ts';
import { describeSegment, type FsLog, type FsLogRecovery, type FsLogSegment } from '../fs-log.ts';
import { CachingReader } from '../read/caching-reader.ts';
import { getRecord } from '../read/get-record.ts';
import { CHUNK_BYTES } from '../read/log-reader.ts';
import { WriteFailure } from '../segment/segment-writer.ts';
import { CommitQueue, type Committer, type LogIds } from './commit-queue.ts';
import type { Group, Waiter } from './group.ts';
import { OnceTimer } from './once-timer.ts';
import { type OpenedLog, Writer } from './writer.ts';

/** How long the log is left alone before it marks its last records as durable in the file. */
const IDLE_MS = 5;

/** A log open for writing: what callers see of the queue, the writer and the reader. */
export class WritableLog implements FsLog, Committer {
  readonly readOnly = false;
  readonly recovery: FsLogRecovery;
  readonly #opened: OpenedLog;
  readonly #lock: DiskLock;
  readonly #writer: Writer;
  readonly #queue: CommitQueue;
  readonly #changes = new ChangeSignal();
  readonly #view: LogView;
  readonly #reader: CachingReader;
  readonly #syncTimer: OnceTimer | undefined;
  readonly #idleTimer: OnceTimer;
  /** The id of the next append, counting everything queued. */
  #nextId: RecordId;
  /** The first id that is not trimmed, counting every trim queued. */
  #firstId: RecordId;
  /** Why this handle writes no more. */
  #failure: LogError | undefined;
  #closing: Promise<void> | undefined;

  constructor(opened: OpenedLog, lock: DiskLock, recovery: FsLogRecovery) {
    this.#opened = opened;
    this.#lock = lock;
    this.recovery = recovery;
    this.#writer = new Writer(opened);
    const { limits, batchBytes } = opened.settings;
    this.#queue = new CommitQueue(this, limits.maxBatchBytes, batchBytes);
    this.#nextId = opened.nextId;
    this.#firstId = opened.meta.state.firstId;
    const { durability } = opened.settings;
    this.#syncTimer =
      typeof durability === 'object'
        ? new OnceTimer(durability.intervalMs, () => void this.#background(() => this.#sync()))
        : undefined;
    this.#idleTimer = new OnceTimer(IDLE_MS, () => {
      if (this.#queue.isIdle) void this.#background(() => this.#writer.mark());
      else this.#idleTimer.start();
    });
    if (opened.carried !== undefined) this.#idleTimer.start();
    const writer = this.#writer;
    this.#view = {
      get lastDurableId() {
        return writer.nextId - 1;
      },
      get trimMark() {
        return writer.firstId - 1;
      },
      truncations: writer.truncations,
      unreadable: () => (this.#closing === undefined ? undefined : closedError()),
      read: (from, through) =>
        opened.reader.read(from, through, CHUNK_BYTES).catch((error) => this.#explainRead(error)),
      ended: () => this.#failure,
      changed: (signal) => this.#changes.wait(signal),
    };
    this.#reader = new CachingReader(opened.reader, this.#view, opened.settings.cacheBytes);
  }

  get directory(): string {
    return this.#opened.settings.directory;
  }

  get epoch(): number {
    return this.#opened.meta.state.epoch;
  }

  get metadata(): Uint8Array {
    return this.#opened.meta.state.metadata.slice();
  }

  get firstId(): RecordId | undefined {
    return this.#isEmpty ? undefined : this.#writer.firstId;
  }

  get lastId(): RecordId | undefined {
    return this.#isEmpty ? undefined : this.#writer.nextId - 1;
  }

  get nextId(): RecordId {
    return this.#nextId;
  }

  append(
    input: AppendInput | readonly AppendInput[],
    options?: OperationOptions,
  ): Promise<AppendResult> {
    try {
      this.#refuseIfClosed();
      const taken = takeAppend(input);
      const signal = this.#take(options);
      const firstId = this.#nextId;
      const { records, bytes } = checkAppend(taken, firstId, this.#opened.settings.limits);
      if (records.length === 0 && this.#queue.isIdle) {
        return Promise.resolve({ firstId, lastId: firstId - 1 });
      }
      if (this.#failure !== undefined) throw this.#failure;
      return abortablePromise<AppendResult>(signal, (resolve, reject) => {
        const waiter = { firstId, recordCount: records.length, resolve, reject };
        this.#queue.append(records, bytes, waiter);
        this.#nextId = firstId + records.length; // Only now: the bytes are in.
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  get(id: RecordId, options?: OperationOptions): Promise<LogRecord> {
    try {
      this.#refuseIfClosed();
      checkRecordId('id', id);
      const signal = this.#take(options);
      refuseUnlessStored(this.#view, id, this.#nextId);
      const cached = this.#reader.cached(id);
      if (cached !== undefined) return Promise.resolve(cached);
      const read = (wanted: RecordId) => this.#reader.read(wanted);
      const record = getRecord(this.#view, read, id, this.#nextId);
      return abortable(
        record.catch((error) => this.#explainRead(error)),
        signal,
      );
    } catch (error) {
      return Promise.reject(error);
    }
  }

  iterator(options?: IteratorOptions): LogIterator {
    return createLogIterator(this.#view, options);
  }

  truncate(lastToKeep: RecordId, options?: OperationOptions): Promise<void> {
    const idsAfter = ({ firstId, nextId }: LogIds): LogIds => {
      if (nextId <= lastToKeep + 1) return { firstId, nextId };
      return { firstId, nextId: Math.max(lastToKeep + 1, firstId) };
    };
    const run = (): Promise<void> => this.#writer.truncate(lastToKeep);
    return this.#change(() => void checkLastToKeep(lastToKeep), run, options, idsAfter);
  }

  trim(discardUpTo: RecordId, options?: OperationOptions): Promise<void> {
    const idsAfter = ({ firstId, nextId }: LogIds): LogIds => ({
      firstId: Math.max(firstId, discardUpTo + 1),
      nextId: Math.max(nextId, discardUpTo + 1),
    });
    const run = (): Promise<void> => this.#writer.trim(discardUpTo);
    return this.#change(
      () => void checkRecordId('discardUpTo', discardUpTo),
      run,
      options,
      idsAfter,
    );
  }

  async listSegments(): Promise<readonly FsLogSegment[]> {
    this.#refuseIfClosed();
    await this.#opened.segments.load().catch((error) => this.#explainRead(error));
    return this.#opened.segments.all.map(describeSegment);
  }

  roll(): Promise<void> {
    return this.#change(noCheck, () => this.#writer.roll());
  }

  sync(): Promise<void> {
    return this.#change(noCheck, () => this.#sync());
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** As a `Committer`, for the queue. */
  async commit(group: Group): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      await this.#writer.commit(group);
    } finally {
      this.#changes.notify(); // A group that failed may have been written in part.
      this.#idleTimer.restart();
    }
    if (this.#writer.hasUnsynced) this.#syncTimer?.start();
    if (group.timing !== undefined) appendChannel.publish(this.#describe(group, group.timing));
  }

  /** As a `Committer`: an append that was written has its own error; one behind it was not written. */
  explain(error: unknown): ReturnType<Committer['explain']> {
    this.#poison(error);
    const queued = (): unknown => this.#failure ?? error;
    if (!isLogError(error, 'ERR_LOG_OUTCOME_UNKNOWN')) return { own: queued, queued };
    const own = ({ firstId }: Waiter): LogError => outcomeUnknown(firstId, error.cause);
    return { own, queued };
  }

  /** As a `Committer`. */
  appendsWithdrawn(): void {
    const { firstId, nextId } = this.#writer;
    this.#setIds(this.#queue.idsAfterBarriers({ firstId, nextId }));
  }

  /** Called when the lock was lost: whoever took it has raised the epoch, or is about to. */
  onLockLost(): void {
    void this.#background(() => this.#writer.verifyOwner());
  }

  /** Whether records are acknowledged that are not durable: only where `durability` allows it. */
  get #isBehind(): boolean {
    return this.#opened.settings.durability !== 'sync' && this.#writer.hasUnsynced;
  }

  get #isEmpty(): boolean {
    return this.#writer.nextId <= this.#writer.firstId;
  }

  /** Queues a change. No promise stands between the queue's and the caller's: they settle in call order. */
  #change(
    check: () => void,
    run: () => Promise<void>,
    options?: OperationOptions,
    idsAfter?: (ids: LogIds) => LogIds,
  ): Promise<void> {
    try {
      this.#refuseIfClosed();
      check();
      const signal = this.#take(options);
      if (this.#failure !== undefined) throw this.#failure;
      if (idsAfter !== undefined) {
        this.#setIds(idsAfter({ firstId: this.#firstId, nextId: this.#nextId }));
      }
      return this.#queue.barrier(() => this.#run(run), idsAfter, signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Makes a change, in its turn. */
  async #run(run: () => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      await run();
    } catch (error) {
      this.#poison(error);
      throw failed(error);
    }
    this.#changes.notify();
  }

  /** Runs in turn what nobody waits for; only what must not be gone on from is remembered. */
  async #background(run: () => Promise<void>): Promise<void> {
    if (this.#failure !== undefined || this.#closing !== undefined) return;
    await this.#queue.barrier(async () => {
      if (this.#failure !== undefined) return;
      try {
        await run();
      } catch (error) {
        if (!(error instanceof WriteFailure && error.isErased)) this.#poison(error);
      }
    });
  }

  /** What is missing from a log that another owner has taken over, and has changed, is not corrupt. */
  async #explainRead(error: unknown): Promise<never> {
    if (!isLogError(error, 'ERR_LOG_CORRUPT')) throw failed(error);
    const verdict = await this.#writer.verifyOwner().catch((reason: unknown) => reason);
    throw isLogError(verdict, 'ERR_LOG_FENCED') ? verdict : error;
  }

  /** Remembers an error after which nothing more may be written. */
  #poison(error: unknown): void {
    if (this.#writer.isUsableAfter(error) || this.#failure !== undefined) return;
    const isUnknown = isLogError(error, 'ERR_LOG_OUTCOME_UNKNOWN') || error instanceof WriteFailure;
    this.#failure = failed(isUnknown ? error.cause : error);
    this.#changes.notify();
    if (!failureChannel.hasSubscribers) return;
    const { directory, epoch } = this;
    failureChannel.publish({
      directory,
      epoch,
      error: this.#failure,
    } satisfies FsLogFailureMessage);
  }

  #describe(group: Group, timing: GroupTiming): FsLogAppendMessage {
    return {
      directory: this.directory,
      firstId: group.firstId,
      lastId: group.nextId - 1,
      appends: group.waiters.length,
      records: group.recordCount,
      bytes: group.encodedBytes,
      ...timing.durations,
    };
  }

  #setIds({ firstId, nextId }: LogIds): void {
    this.#firstId = firstId;
    this.#nextId = nextId;
  }

  async #sync(): Promise<void> {
    await this.#writer.sync();
    this.#idleTimer.start(); // Other processes' readers see it once it is marked.
  }

  #refuseIfClosed(): void {
    if (this.#closing !== undefined) throw closedError();
  }

  /** Takes the options, last of what a call is given: code of the caller's may have closed the log meanwhile. */
  #take(options: OperationOptions | undefined): AbortSignal | undefined {
    const signal = checkOperationOptions(options);
    throwIfAborted(signal);
    this.#refuseIfClosed();
    return signal;
  }

  async #close(): Promise<void> {
    this.#syncTimer?.stop();
    this.#idleTimer.stop();
    this.#changes.notify();
    try {
      await this.#queue.barrier(async () => {
        if (this.#failure === undefined) await this.#writer.close();
        // What was acknowledged before its sync, and may be lost now, must not be lost in silence.
        else if (this.#isBehind) throw this.#failure;
      });
    } finally {
      await this.#opened.segments.done();
      await this.#writer.release();
      await this.#opened.cache.close();
      await this.#lock.release();
    }
  }
}

function noCheck(): void {}
