import { abortable, throwIfAborted } from './abortable.ts';
import {
  type AppendLimits,
  checkAppend,
  checkLastToKeep,
  checkOperationOptions,
  checkRecordId,
} from './arguments.ts';
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
  readonly records: readonly Uint8Array[];
}

/** What a serial log keeps its records in: all that a simple backend has to bring. */
export interface SerialStore {
  readonly limits: AppendLimits;
  /**
   * Makes a change durable, whole or not at all, and then readable. Calls do not overlap. After a rejection
   * there is no other one: only opening again finds out what was stored.
   */
  commit(change: LogChange): Promise<void>;
  /** Reads stored records from `from` up to at most `through`, both of them stored: at least one. */
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
  #failure: LogError | undefined;
  #closing: Promise<void> | undefined;

  constructor(store: SerialStore, extent: LogExtent) {
    this.#store = store;
    this.#stored = extent;
    this.#planned = extent;
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
      read: (from, through) => store.read(from, through),
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
    this.#check(options);
    const { firstId, nextId } = this.#planned;
    const { records } = checkAppend(input, nextId, this.#store.limits);
    const copies = records.map((record) => new Uint8Array(record));
    await this.#commit({ records: copies, firstId, nextId: nextId + copies.length }, options);
    return { firstId: nextId, lastId: nextId + copies.length - 1 };
  }

  async get(id: RecordId, options?: OperationOptions): Promise<LogRecord> {
    this.#check(options);
    refuseUnlessStored(this.#view, checkRecordId('id', id), this.nextId);
    const [record] = await abortable(this.#store.read(id, id), options?.signal);
    if (record !== undefined) return record;
    refuseUnlessStored(this.#view, id, this.nextId); // Truncated or trimmed under the read.
    throw new LogError('ERR_LOG_CORRUPT', `record ${id} is missing`, { firstAffectedId: id });
  }

  iterator(options?: IteratorOptions): LogIterator {
    return createLogIterator(this.#view, options);
  }

  async truncate(lastToKeep: RecordId, options?: OperationOptions): Promise<void> {
    this.#check(options);
    const { firstId, nextId } = this.#planned;
    const kept = Math.max(checkLastToKeep(lastToKeep) + 1, firstId);
    await this.#commit({ records: [], firstId, nextId: Math.min(nextId, kept) }, options);
  }

  async trim(discardUpTo: RecordId, options?: OperationOptions): Promise<void> {
    this.#check(options);
    const first = checkRecordId('discardUpTo', discardUpTo) + 1;
    const { firstId, nextId } = this.#planned;
    const trimmed = { firstId: Math.max(firstId, first), nextId: Math.max(nextId, first) };
    await this.#commit({ records: [], ...trimmed }, options);
  }

  close(): Promise<void> {
    this.#closing ??= this.#last.then(() => this.#store.close());
    this.#changes.notify();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  fail(cause: unknown): void {
    const message = `storage failed; open the log again to write: ${String(cause)}`;
    this.#failure ??= isLogError(cause)
      ? cause
      : new LogError('ERR_LOG_FAILED', message, { cause });
    this.#planned = this.#stored;
    this.#changes.notify();
  }

  get #isEmpty(): boolean {
    return this.#stored.nextId === this.#stored.firstId;
  }

  #check(options: OperationOptions | undefined): void {
    if (this.#closing !== undefined) throw closedError();
    checkOperationOptions(options);
    throwIfAborted(options?.signal);
  }

  /** The ids count from now on; the change is made once all before it are durable. */
  async #commit(change: LogChange, options: OperationOptions | undefined): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const { firstId, nextId } = change;
    const isNothing = firstId === this.#planned.firstId && nextId === this.#planned.nextId;
    this.#planned = { firstId, nextId };
    const done = this.#last.then(() => (isNothing ? undefined : this.#make(change)));
    this.#last = done.catch(() => undefined);
    await abortable(done, options?.signal);
  }

  async #make(change: LogChange): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    await this.#store.commit(change).catch((error: unknown) => this.fail(error));
    // Also when the log failed for another reason meanwhile: nobody knows who has read what was stored.
    const cause: LogError | undefined = this.#failure;
    const { nextId: firstId } = this.#stored;
    if (cause !== undefined) {
      if (change.records.length === 0) throw cause;
      const message = `open the log again to see whether record ${firstId} is in it`;
      throw new LogError('ERR_LOG_OUTCOME_UNKNOWN', message, { firstId, cause });
    }
    this.#stored = { firstId: change.firstId, nextId: change.nextId };
    if (change.nextId < firstId) this.#truncations.record(change.nextId - 1);
    this.#changes.notify();
  }
}
