import { setImmediate } from 'node:timers/promises';
import {
  type AppendInput,
  type AppendResult,
  abortable,
  checkAppend,
  checkLastToKeep,
  checkOperationOptions,
  checkRecordId,
  createLogIterator,
  type IteratorOptions,
  type Log,
  LogError,
  type LogIterator,
  type LogRecord,
  type LogView,
  type OperationOptions,
  TruncationHistory,
  takeAppend,
  throwIfAborted,
} from '@wal/core';

/** What outlives a log: everything durable. */
export class ArrayStorage {
  data: Uint8Array[] = [];
  trimMark: number | undefined;
  metadata: Uint8Array = new Uint8Array(0);
  holder: ArrayLog | undefined;
  /** While true, appends find no space. */
  isFull = false;

  /** What the next log finds when this one's process is gone. */
  afterCrash(): ArrayStorage {
    const { data, trimMark, metadata } = this;
    return Object.assign(new ArrayStorage(), { data: [...data], trimMark, metadata });
  }
}

export interface ArrayLogOptions {
  readonly firstId?: number | undefined;
  readonly maxRecordBytes?: number | undefined;
  readonly metadata?: Uint8Array | undefined;
}

export const MAX_RECORD_BYTES = 1_000_000;
export const MAX_BATCH_BYTES = 4_000_000;

/** A change in flight: made durable in call order, and counted by `nextId` at once. */
interface Change {
  readonly kind: 'append' | 'truncate' | 'trim';
  apply(state: LogState): void;
}

/** The ids in use: those from `trimMark + 1` to `nextId − 1` are written. */
export interface LogState {
  trimMark: number;
  nextId: number;
}

/** A small, plain log: the suite's yardstick, and what its mutants are made of. */
export class ArrayLog implements Log {
  readonly storage: ArrayStorage;
  protected readonly maxRecordBytes: number;
  /** What the log will be once all in flight is durable. */
  protected planned: LogState;
  protected readonly truncations: TruncationHistory = new TruncationHistory();
  protected closing: Promise<void> | undefined;
  #changes: Change[] = [];
  #last: Promise<unknown> = Promise.resolve();
  #watchers: (() => void)[] = [];

  constructor(storage: ArrayStorage, options: ArrayLogOptions = {}) {
    this.storage = storage;
    this.maxRecordBytes = options.maxRecordBytes ?? MAX_RECORD_BYTES;
    this.claim(options);
    if (storage.trimMark === undefined) {
      storage.trimMark = (options.firstId ?? 1) - 1;
      storage.metadata = options.metadata?.slice() ?? storage.metadata;
    }
    this.planned = this.durable();
  }

  protected claim({ metadata }: ArrayLogOptions): void {
    const { storage } = this;
    if (storage.holder !== undefined) throw new LogError('ERR_LOG_LOCKED', 'the log is open');
    if (storage.trimMark !== undefined && metadata?.join() !== undefined) {
      if (metadata.join() !== storage.metadata.join()) {
        throw new LogError('ERR_LOG_METADATA_MISMATCH', 'the metadata is not the log’s');
      }
    }
    storage.holder = this;
  }

  /** What is stored, as ids. */
  protected durable(): LogState {
    const trimMark = this.storage.trimMark ?? 0;
    return { trimMark, nextId: trimMark + 1 + this.storage.data.length };
  }

  get firstId(): number | undefined {
    return this.storage.data.length === 0 ? undefined : this.durable().trimMark + 1;
  }

  get lastId(): number | undefined {
    return this.storage.data.length === 0 ? undefined : this.durable().nextId - 1;
  }

  get nextId(): number {
    return this.planned.nextId;
  }

  async append(
    input: AppendInput | readonly AppendInput[],
    options?: OperationOptions,
  ): Promise<AppendResult> {
    this.check(options);
    const records = this.checked(input);
    const firstId = this.planned.nextId;
    const result = { firstId, lastId: firstId + records.length - 1 };
    const change: Change = {
      kind: 'append',
      apply: (state) => {
        state.nextId += records.length;
      },
    };
    return this.enqueue(change, options, () => {
      this.store(records);
      return result;
    });
  }

  protected checked(input: AppendInput | readonly AppendInput[]): readonly Uint8Array[] {
    const limits = { maxRecordBytes: this.maxRecordBytes, maxBatchBytes: MAX_BATCH_BYTES };
    const taken = takeAppend(input);
    this.refuseIfClosed();
    return this.copied(checkAppend(taken, this.planned.nextId, limits).records);
  }

  protected copied(records: readonly Uint8Array[]): readonly Uint8Array[] {
    return records.map((data) => new Uint8Array(data));
  }

  protected store(records: readonly Uint8Array[]): void {
    this.storage.data.push(...records);
  }

  async truncate(lastToKeep: number, options?: OperationOptions): Promise<void> {
    this.check(options);
    checkLastToKeep(lastToKeep);
    const apply = (state: LogState): void => this.plannedTruncate(state, lastToKeep);
    await this.enqueue({ kind: 'truncate', apply }, options, () => this.applyTruncate(lastToKeep));
  }

  protected plannedTruncate(state: LogState, lastToKeep: number): void {
    state.nextId = Math.min(state.nextId, Math.max(lastToKeep, state.trimMark) + 1);
  }

  protected applyTruncate(lastToKeep: number): void {
    const { trimMark, nextId } = this.durable();
    const kept = Math.max(lastToKeep, trimMark);
    if (kept >= nextId - 1) return;
    this.storage.data.length = kept - trimMark;
    this.truncations.record(kept);
  }

  async trim(discardUpTo: number, options?: OperationOptions): Promise<void> {
    this.check(options);
    checkRecordId('discardUpTo', discardUpTo);
    const apply = (state: LogState): void => this.plannedTrim(state, discardUpTo);
    await this.enqueue({ kind: 'trim', apply }, options, () => this.applyTrim(discardUpTo));
  }

  protected plannedTrim(state: LogState, discardUpTo: number): void {
    state.trimMark = Math.max(state.trimMark, discardUpTo);
    state.nextId = Math.max(state.nextId, discardUpTo + 1);
  }

  protected applyTrim(discardUpTo: number): void {
    const { trimMark } = this.durable();
    if (discardUpTo <= trimMark) return;
    this.storage.data.splice(0, discardUpTo - trimMark);
    this.storage.trimMark = discardUpTo;
  }

  async get(id: number, options?: OperationOptions): Promise<LogRecord> {
    this.check(options);
    checkRecordId('id', id);
    return abortable(this.#read(id), options?.signal);
  }

  async #read(id: number): Promise<LogRecord> {
    const { trimMark } = this.durable();
    const data = this.storage.data[id - trimMark - 1];
    if (data !== undefined) return { id, data };
    if (id <= trimMark) this.failTrimmed(id, trimMark + 1);
    throw new LogError('ERR_LOG_NOT_FOUND', `no record ${id}`, { nextId: this.nextId });
  }

  protected failTrimmed(id: number, firstId: number): never {
    throw new LogError('ERR_LOG_TRIMMED', `${id} was trimmed`, { firstId });
  }

  iterator(options?: IteratorOptions): LogIterator {
    return createLogIterator(this.view(), options);
  }

  protected view(): LogView {
    const log = this;
    return {
      get lastDurableId() {
        return log.durable().nextId - 1;
      },
      get trimMark() {
        return log.durable().trimMark;
      },
      truncations: log.truncations,
      unreadable: () => log.unreadable(),
      read: async (from, through) => log.slice(from, Math.min(through, from + 3)),
      changed: (signal) => log.changed(signal),
    };
  }

  /** At most a few records at a time, so that iterators have to come back for more. */
  protected slice(from: number, through: number): LogRecord[] {
    const { trimMark } = this.durable();
    const data = this.storage.data.slice(from - trimMark - 1, through - trimMark);
    return data.map((one, i) => ({ id: from + i, data: one }));
  }

  protected changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const settle = (): void => {
        signal.removeEventListener('abort', settle);
        resolve();
      };
      this.#watchers.push(settle);
      signal.addEventListener('abort', settle, { once: true });
    });
  }

  protected notify(): void {
    for (const resolve of this.#watchers.splice(0)) resolve();
  }

  protected unreadable(): LogError | undefined {
    return this.closing === undefined ? undefined : new LogError('ERR_LOG_CLOSED', 'it is closed');
  }

  protected check(options: OperationOptions | undefined): void {
    throwIfAborted(checkOperationOptions(options));
    this.refuseIfClosed();
  }

  protected refuseIfClosed(): void {
    const unreadable = this.unreadable();
    if (unreadable !== undefined) throw unreadable;
  }

  /** What a change takes to become durable: a turn of the event loop. */
  protected async settle(): Promise<void> {
    await setImmediate();
  }

  /** Makes a change durable, after the one before it. */
  protected enqueue<T>(
    change: Change,
    options: OperationOptions | undefined,
    apply: () => T,
  ): Promise<T> {
    change.apply(this.planned);
    this.#changes.push(change);
    const step = async (): Promise<T> => {
      await this.settle();
      const at = this.#changes.indexOf(change);
      if (change.kind === 'append' && (at < 0 || this.storage.isFull)) this.#dropAppends();
      this.#changes.splice(at, 1);
      const result = apply();
      this.notify();
      return result;
    };
    const done = this.#last.then(step);
    this.#last = done.catch(() => {});
    return abortable(done, options?.signal);
  }

  /** An append failed: those after it would leave a gap, so none of them is made. */
  #dropAppends(): never {
    this.#changes = this.#changes.filter(({ kind }) => kind !== 'append');
    this.planned = this.durable();
    for (const change of this.#changes) change.apply(this.planned);
    throw new LogError('ERR_LOG_NO_SPACE', 'the array is full', { cause: new Error('ENOSPC') });
  }

  close(): Promise<void> {
    if (this.closing === undefined) {
      this.closing = this.#last.then(() => this.release());
      this.notify();
    }
    return this.closing;
  }

  /** What is in flight, settled: for mutants that have to order themselves. */
  protected get inFlight(): Promise<unknown> {
    return this.#last;
  }

  protected release(): void {
    if (this.storage.holder === this) this.storage.holder = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
