import { abortable, throwIfAborted } from './abortable.ts';
import { type AppendLimits, checkAppend, takeAppend } from './append-arguments.ts';
import { checkLastToKeep, checkOperationOptions, checkRecordId } from './arguments.ts';
import { ChangeSignal } from './change-signal.ts';
import { isLogError, LogError } from './errors.ts';
import type { IteratorOptions, Log, LogIterator, OperationOptions } from './log.ts';
import type { LogView } from './log-cursor.ts';
import { createLogIterator } from './log-iterator.ts';
import { closedError, refuseUnlessStored } from './readable.ts';
import type { AppendInput, AppendResult, LogRecord, RecordId } from './record.ts';
import { TruncationHistory } from './truncation-history.ts';

/** Which ids a log stores: those from `firstId` up to `nextId − 1`. */
export interface LogExtent {
  /** The first id that is not trimmed. */
  readonly firstId: RecordId;
  /** The id that the next record gets. */
  readonly nextId: RecordId;
}

/**
 * One change of a log, whichever call asked for it: afterwards the log stores the ids of its extent. An
 * append adds `records`, the last of which has the id `nextId − 1`; a truncate lowers `nextId`; a trim
 * raises `firstId`, and `nextId` where that is more.
 */
export interface LogChange extends LogExtent {
  /** Of an append, in order; empty for the others. */
  readonly records: readonly Uint8Array[];
}

/** What a serial log keeps its records in: all that a simple backend has to bring. */
export interface SerialStore {
  readonly limits: AppendLimits;
  /**
   * Makes a change durable, whole or not at all, and then readable. Calls do not overlap. After a rejection
   * there is no other one: only opening again finds out what was stored. Except after `ERR_LOG_FENCED` and
   * `ERR_LOG_READ_ONLY`: with these the store says that it did not make the change, and never will.
   */
  commit(change: LogChange): Promise<void>;
  /**
   * Reads stored records from `from` up to at most `through`, both of them stored: at least one. May overlap
   * with `commit`, and give nothing, or reject, when that takes the records away; other rejections are
   * passed on.
   */
  read(from: RecordId, through: RecordId): Promise<readonly LogRecord[]>;
  /** Releases everything. Called once, when nothing else is under way. */
  close(): Promise<void>;
}

/** A `Log` over a `SerialStore`. */
export interface SerialLog extends Log {
  /** Takes no more writes, for the reason in `cause`: a lock was lost, a connection broke. */
  fail(cause: unknown): void;
}

/**
 * A log that makes one change durable at a time, in call order. It brings the ids, the checks, the order,
 * the errors and the iterators of the contract; `store` brings durability. `extent` is what the store holds.
 */
export function createSerialLog(store: SerialStore, extent: LogExtent): SerialLog {
  return new StoreLog(store, extent);
}

class StoreLog implements SerialLog {
  readonly #store: SerialStore;
  readonly #changes = new ChangeSignal();
  readonly #truncations = new TruncationHistory();
  readonly #view: LogView;
  /** What is durable. */
  #stored: LogExtent;
  /** What will be, once everything called is done. */
  #planned: LogExtent;
  #last: Promise<unknown> = Promise.resolve();
  readonly #reads = new Set<Promise<unknown>>();
  #failure: LogError | undefined;
  #closing: Promise<void> | undefined;

  constructor(store: SerialStore, extent: LogExtent) {
    this.#store = store;
    // A copy: the store may move its own on.
    this.#stored = { firstId: extent.firstId, nextId: extent.nextId };
    this.#planned = this.#stored;
    const stored = (): LogExtent => this.#stored;
    this.#view = {
      get lastDurableId() {
        return stored().nextId - 1;
      },
      get trimMark() {
        return stored().firstId - 1;
      },
      truncations: this.#truncations,
      unreadable: () => (this.#closing === undefined ? undefined : closedError()),
      read: (from, through) => this.#tracked(this.#read(from, through)),
      ended: () => this.#failure,
      changed: (signal) => this.#changes.wait(signal),
    };
  }

  get firstId(): RecordId | undefined {
    return this.#isEmpty ? undefined : this.#stored.firstId;
  }

  get lastId(): RecordId | undefined {
    return this.#isEmpty ? undefined : this.#stored.nextId - 1;
  }

  get nextId(): RecordId {
    return this.#planned.nextId;
  }

  async append(
    input: AppendInput | readonly AppendInput[],
    options?: OperationOptions,
  ): Promise<AppendResult> {
    this.#refuseIfClosed();
    const taken = takeAppend(input);
    const signal = this.#take(options);
    const { firstId, nextId } = this.#planned;
    const { records } = checkAppend(taken, nextId, this.#store.limits);
    const copies = records.map((record) => new Uint8Array(record));
    await this.#commit({ records: copies, firstId, nextId: nextId + copies.length }, signal);
    return { firstId: nextId, lastId: nextId + copies.length - 1 };
  }

  async get(id: RecordId, options?: OperationOptions): Promise<LogRecord> {
    this.#refuseIfClosed();
    checkRecordId('id', id);
    const signal = this.#take(options);
    return await abortable(this.#tracked(this.#get(id)), signal);
  }

  iterator(options?: IteratorOptions): LogIterator {
    return createLogIterator(this.#view, options);
  }

  async truncate(lastToKeep: RecordId, options?: OperationOptions): Promise<void> {
    this.#refuseIfClosed();
    checkLastToKeep(lastToKeep);
    const signal = this.#take(options);
    const { firstId, nextId } = this.#planned;
    const kept = Math.max(lastToKeep + 1, firstId);
    await this.#commit({ records: [], firstId, nextId: Math.min(nextId, kept) }, signal);
  }

  async trim(discardUpTo: RecordId, options?: OperationOptions): Promise<void> {
    this.#refuseIfClosed();
    const first = checkRecordId('discardUpTo', discardUpTo) + 1;
    const signal = this.#take(options);
    const { firstId, nextId } = this.#planned;
    const trimmed = { firstId: Math.max(firstId, first), nextId: Math.max(nextId, first) };
    await this.#commit({ records: [], ...trimmed }, signal);
  }

  close(): Promise<void> {
    this.#closing ??= this.#last
      .then(() => Promise.all(this.#reads))
      .then(() => this.#store.close());
    this.#changes.notify();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  fail(cause: unknown): void {
    if (this.#failure === undefined) {
      const message = `storage failed; open the log again to write: ${String(cause)}`;
      this.#failure =
        isRefusal(cause) || isLogError(cause, 'ERR_LOG_FAILED')
          ? cause
          : new LogError('ERR_LOG_FAILED', message, { cause });
    }
    this.#planned = this.#stored;
    this.#changes.notify();
  }

  get #isEmpty(): boolean {
    return this.#stored.nextId === this.#stored.firstId;
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

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #get(id: RecordId): Promise<LogRecord> {
    for (;;) {
      refuseUnlessStored(this.#view, id, this.nextId);
      const { version } = this.#truncations;
      try {
        const [record] = await this.#read(id, id);
        return record as LogRecord;
      } catch (error) {
        // Truncated or trimmed under the read? Then look again: it may even be another record by now.
        if (id > this.#view.trimMark && version === this.#truncations.version) throw error;
      }
    }
  }

  async #read(from: RecordId, through: RecordId): Promise<readonly LogRecord[]> {
    try {
      const records = await this.#store.read(from, through);
      if (records[0]?.id === from) return records;
      const message = `record ${from} is missing`;
      throw new LogError('ERR_LOG_CORRUPT', message, { firstAffectedId: from });
    } catch (error) {
      // A change under way may have taken the record away already; once it is made the caller can tell.
      await this.#last;
      throw error;
    }
  }

  /** A read that `close` waits for, also when its caller no longer does. */
  #tracked<T>(read: Promise<T>): Promise<T> {
    const end = (): unknown => this.#reads.delete(done);
    const done: Promise<unknown> = read.then(end, end);
    this.#reads.add(done);
    return read;
  }

  /** The ids count from now on; the change is made once all before it are durable. */
  async #commit(change: LogChange, signal: AbortSignal | undefined): Promise<void> {
    this.#throwIfFailed();
    const { firstId, nextId } = change;
    const isNothing = firstId === this.#planned.firstId && nextId === this.#planned.nextId;
    this.#planned = { firstId, nextId };
    // Also what changes nothing fails with those before it: it counted on them.
    const done = this.#last.then(() => {
      this.#throwIfFailed();
      return isNothing ? undefined : this.#make(change);
    });
    this.#last = done.catch(() => undefined);
    await abortable(done, signal);
  }

  async #make(change: LogChange): Promise<void> {
    const { firstId, nextId, records } = change;
    try {
      await this.#store.commit(change);
    } catch (error) {
      this.fail(error);
      if (isRefusal(error)) throw error;
      this.#throwUnknown(change);
    }
    // When the log failed for another reason meanwhile, nobody knows who has read what was stored.
    if (records.length > 0) this.#throwUnknown(change);
    const isTruncate = nextId < this.#stored.nextId;
    this.#stored = { firstId, nextId };
    if (isTruncate) this.#truncations.record(nextId - 1);
    this.#changes.notify();
    if (this.#failure !== undefined) this.#planned = this.#stored; // What was taken away stays so.
    this.#throwIfFailed();
  }

  /** If the log has failed: of an append under way nobody knows whether it is stored. */
  #throwUnknown({ records, nextId }: LogChange): void {
    if (this.#failure === undefined) return;
    if (records.length === 0) throw this.#failure;
    const firstId = nextId - records.length;
    const message = `open the log again to see whether record ${firstId} is in it`;
    throw new LogError('ERR_LOG_OUTCOME_UNKNOWN', message, { firstId, cause: this.#failure });
  }
}

/** Whether an error says that the writer has no right to write: then nothing was stored. */
function isRefusal(error: unknown): error is LogError {
  return isLogError(error, 'ERR_LOG_FENCED') || isLogError(error, 'ERR_LOG_READ_ONLY');
}
