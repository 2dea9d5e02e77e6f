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
  type IteratorOptions,
  isLogError,
  LogError,
  type LogIterator,
  type LogRecord,
  type LogView,
  type OperationOptions,
  type RecordId,
  takeAppend,
  throwIfAborted,
} from '@wal/core';
import type { Collector } from '../collection/collector.ts';
import { Compaction } from '../compaction/compaction.ts';
import type { Compactor, StoredSegment } from '../compaction/compactor.ts';
import type { SlotPlace } from '../keys/log-keys.ts';
import type { LogContext } from '../log-context.ts';
import type { Settings } from '../options.ts';
import { ChunkReader, type ReadSources } from '../read/chunk-reader.ts';
import { getRecord } from '../read/get-record.ts';
import type { S3Log } from '../s3-log.ts';
import { failed } from '../store/requests.ts';
import type { Waiter } from './group.ts';
import type { OwnerState } from './owner-state.ts';
import { Pipeline, type PipelineOwner, type SentGroup } from './pipeline.ts';
import { WriteQueue } from './write-queue.ts';

/** What a writable log is made of. */
export interface WritableParts {
  readonly context: LogContext;
  readonly settings: Settings;
  readonly state: OwnerState;
  readonly sources: ReadSources;
  readonly collector: Collector;
  readonly compactor: Compactor;
  /** Called once the log is closed. */
  readonly release: () => void;
}

/** A log open for writing: what callers see of the queue, the pipeline and the reader. */
export class WritableLog implements S3Log, PipelineOwner {
  readonly readOnly = false;
  readonly #parts: WritableParts;
  readonly #state: OwnerState;
  readonly #pipeline: Pipeline;
  readonly #queue: WriteQueue;
  readonly #compaction: Compaction;
  readonly #changes = new ChangeSignal();
  readonly #reads = new Set<Promise<unknown>>();
  /** The first id that is not trimmed, and the id of the next append, once everything queued is done. */
  #planned: { readonly firstId: RecordId; readonly nextId: RecordId };
  /** Why this handle writes no more. */
  #failure: LogError | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: WritableParts) {
    const { context, settings, state, sources } = parts;
    this.#parts = parts;
    this.#state = state;
    this.#planned = { firstId: state.firstId, nextId: state.nextId };
    const { root } = state;
    const maxInFlight = Math.min(root.maxInFlight, settings.maxInFlight);
    const limits = { maxInFlight, mostUnsettled: root.maxInFlight };
    this.#pipeline = new Pipeline(context.requests, sources.source, root, limits, this);
    this.#queue = new WriteQueue(this.#pipeline, settings.clock, settings);
    const name = (segment: StoredSegment): Promise<boolean> => this.#name(segment);
    this.#compaction = new Compaction(parts.compactor, settings.compactAfterChunks, name);
  }

  get prefix(): string {
    return this.#parts.context.keys.prefix;
  }

  get epoch(): number {
    return this.#state.root.epoch;
  }

  get metadata(): Uint8Array {
    return this.#state.root.metadata.slice();
  }

  get firstId(): RecordId | undefined {
    const { firstId, nextId } = this.#state;
    return nextId === firstId ? undefined : firstId;
  }

  get lastId(): RecordId | undefined {
    const { firstId, nextId } = this.#state;
    return nextId === firstId ? undefined : nextId - 1;
  }

  get nextId(): RecordId {
    return this.#planned.nextId;
  }

  append(
    input: AppendInput | readonly AppendInput[],
    options?: OperationOptions,
  ): Promise<AppendResult> {
    try {
      this.#refuseIfClosed();
      const taken = takeAppend(input);
      const signal = this.#take(options);
      const { firstId, nextId } = this.#planned;
      const { records, bytes } = checkAppend(taken, nextId, this.#parts.settings.limits);
      if (records.length === 0) return this.#appendNothing(nextId, signal);
      this.#throwIfFailed();
      return abortablePromise<AppendResult>(signal, (resolve, reject) => {
        const waiter = { firstId: nextId, recordCount: records.length, resolve, reject };
        this.#queue.append(records, bytes, waiter);
        this.#planned = { firstId, nextId: nextId + records.length }; // Only now: the bytes are in.
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async get(id: RecordId, options?: OperationOptions): Promise<LogRecord> {
    this.#refuseIfClosed();
    checkRecordId('id', id);
    const signal = this.#take(options);
    const view = this.#view();
    const get = (): Promise<LogRecord> =>
      getRecord(view, this.#parts.sources, id, () => this.nextId);
    return await abortable(this.#explained(get), signal);
  }

  iterator(options?: IteratorOptions): LogIterator {
    return createLogIterator(this.#view(), options);
  }

  truncate(lastToKeep: RecordId, options?: OperationOptions): Promise<void> {
    const check = (): unknown => checkLastToKeep(lastToKeep);
    return this.#change(check, options, () => {
      const { firstId, nextId } = this.#planned;
      const kept = Math.max(lastToKeep + 1, firstId);
      this.#planned = { firstId, nextId: Math.min(nextId, kept) };
      return async () => {
        if (await this.#state.truncate(lastToKeep)) this.#pipeline.begin(this.#state.root.epoch);
      };
    });
  }

  trim(discardUpTo: RecordId, options?: OperationOptions): Promise<void> {
    const check = (): unknown => checkRecordId('discardUpTo', discardUpTo);
    return this.#change(check, options, () => {
      const first = discardUpTo + 1;
      const { firstId, nextId } = this.#planned;
      this.#planned = { firstId: Math.max(firstId, first), nextId: Math.max(nextId, first) };
      return () => this.#trim(first);
    });
  }

  async compact(): Promise<number> {
    this.#refuseIfClosed();
    this.#throwIfFailed();
    return await this.#explained(() => this.#compaction.compact());
  }

  async collect(): Promise<number> {
    this.#refuseIfClosed();
    return await this.#tracked(this.#parts.collector.collect(this.#state.root));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** As a `PipelineOwner`. */
  onLanded({ group, place }: SentGroup): void {
    this.#state.landed(place, group.firstId, group.nextId);
    group.resolve();
    this.#compaction.landed(group.dataBytes);
    this.#changes.notify();
  }

  /** As a `PipelineOwner`. */
  onRoom(): void {
    this.#queue.pump();
  }

  /** As a `PipelineOwner`. */
  onStopped(sent: SentGroup): void {
    void this.#explain(sent).then(({ own, failure }) => this.#fail(failure, own));
  }

  /** What a chunk's callers are told that did not land, and those behind it. */
  async #explain({
    place,
    outcome,
  }: SentGroup): Promise<{ own: (waiter: Waiter) => LogError; failure: LogError }> {
    if (outcome?.kind === 'sealed') {
      try {
        const { fenced, isSettled } = await this.#state.fencedAt(place);
        const own = isSettled ? () => fenced : (waiter: Waiter) => unknownOutcome(waiter, fenced);
        return { own, failure: fenced };
      } catch (error) {
        const failure = failed('look for the newer owner', error);
        return { own: (waiter) => unknownOutcome(waiter, failure), failure };
      }
    }
    const cause = outcome !== undefined && 'cause' in outcome ? outcome.cause : undefined;
    const failure = asFailure('append', cause);
    if (outcome?.kind === 'absent') return { own: () => failure, failure };
    return { own: (waiter) => unknownOutcome(waiter, cause), failure };
  }

  /** Ends writing: tells those whose chunks were sent, then those behind them. Truncates and trims keep their turn. */
  #fail(failure: LogError, own: (waiter: Waiter) => unknown): void {
    const sent = this.#pipeline.withdraw();
    const groups = this.#queue.withdraw();
    this.#failure ??= failure;
    this.#planned = { firstId: this.#state.firstId, nextId: this.#state.nextId };
    for (const { group } of sent) group.reject(own);
    for (const group of groups) group.reject(() => failure);
    this.#changes.notify();
    this.#queue.pump();
  }

  /** Queues a change. No promise stands between the queue's and the caller's: they settle in call order. */
  #change(
    check: () => unknown,
    options: OperationOptions | undefined,
    plan: () => () => Promise<void>,
  ): Promise<void> {
    try {
      this.#refuseIfClosed();
      check();
      const signal = this.#take(options);
      this.#throwIfFailed();
      const run = plan();
      return this.#queue.barrier(() => this.#run(run), signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Makes a change, in its turn. */
  async #run(run: () => Promise<void>): Promise<void> {
    this.#throwIfFailed();
    try {
      await run();
    } catch (error) {
      const failure = asFailure('change of the log', error);
      this.#fail(failure, () => failure);
      throw failure;
    }
    this.#changes.notify();
  }

  async #trim(firstId: RecordId): Promise<void> {
    const state = this.#state;
    if (firstId <= state.firstId) return;
    const place = await this.#placeOf(firstId);
    await state.trim({ ...place, firstId });
  }

  /** Where the log begins when it begins with a record. In a segment there are no places. */
  async #placeOf(firstId: RecordId): Promise<SlotPlace> {
    const { root, tail, nextId } = this.#state;
    if (firstId >= nextId) return tail;
    if (firstId < root.chunks.firstId) return { epoch: root.trim.epoch, slot: root.trim.slot };
    return await this.#explained(() => this.#parts.sources.locator.locate(firstId));
  }

  /** Names a segment, in its turn. */
  async #name(segment: StoredSegment): Promise<boolean> {
    let isNamed = false;
    await this.#queue.barrier(() =>
      this.#run(async () => {
        isNamed = await this.#state.compact(segment);
      }),
    );
    return isNamed;
  }

  /** In its turn, so that it resolves after the appends before it. */
  #appendNothing(nextId: RecordId, signal: AbortSignal | undefined): Promise<AppendResult> {
    const nothing = { firstId: nextId, lastId: nextId - 1 };
    if (this.#queue.isIdle) return Promise.resolve(nothing);
    this.#throwIfFailed();
    return this.#queue.barrier(async () => {
      this.#throwIfFailed();
      return nothing;
    }, signal);
  }

  #view(): LogView {
    const state = this.#state;
    const reader = new ChunkReader(this.#parts.sources);
    return {
      get lastDurableId() {
        return state.nextId - 1;
      },
      get trimMark() {
        return state.firstId - 1;
      },
      truncations: state.truncations,
      unreadable: () => (this.#closing === undefined ? undefined : closedError()),
      read: (from, through) => this.#explained(() => reader.read(from, through)),
      ended: () => this.#failure,
      changed: (signal) => this.#changes.wait(signal),
    };
  }

  /**
   * What is missing may lie below a trim that came under the read: then it is read again. So it is once a change is over
   * that is stored already: others may have deleted what it frees. What is missing from a log that another owner has
   * taken over, and has changed, is not corrupt.
   */
  async #explained<T>(read: () => Promise<T>): Promise<T> {
    for (;;) {
      const { root } = this.#state;
      try {
        return await this.#tracked(read());
      } catch (error) {
        if (!isLogError(error, 'ERR_LOG_CORRUPT')) throw error;
        if (this.#state.root !== root) continue;
        const found = await this.#tracked(this.#state.compareRoot());
        if (this.#state.root !== root) continue;
        if (found !== 'changing') throw found === 'current' ? error : found;
        this.#throwIfFailed();
        await this.#tracked(new Promise<void>((resolve) => this.#changes.once(resolve)));
      }
    }
  }

  /** A read that `close` waits for, also when its caller no longer does. */
  #tracked<T>(read: Promise<T>): Promise<T> {
    const end = (): unknown => this.#reads.delete(done);
    const done: Promise<unknown> = read.then(end, end);
    this.#reads.add(done);
    return read;
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
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
    this.#changes.notify();
    const compacted = this.#compaction.stop();
    await this.#queue.barrier(async () => undefined);
    await compacted;
    while (this.#reads.size > 0) await Promise.all(this.#reads);
    await this.#state.collected();
    this.#parts.release();
  }
}

/** The error with which a handle ends. */
function asFailure(what: string, cause: unknown): LogError {
  const isFinal = isLogError(cause, 'ERR_LOG_FENCED') || isLogError(cause, 'ERR_LOG_FAILED');
  if (isFinal) return cause;
  const reason = cause instanceof Error ? cause.message : 'no answer in time';
  return new LogError('ERR_LOG_FAILED', `${what} failed: ${reason}`, { cause });
}

function unknownOutcome({ firstId }: Waiter, cause: unknown): LogError {
  const message = `open the log again to see whether record ${firstId} is in it`;
  return new LogError('ERR_LOG_OUTCOME_UNKNOWN', message, { firstId, cause });
}
