import * as wal from '@wal/core';
import type { Journal, OpenedJournal } from './journal.ts';
import { type Extent, extentAfter, type Operation } from './operation.ts';
import { StoredRecords } from './stored-records.ts';

/** What a call may append. */
export const LIMITS: wal.AppendLimits = {
  maxRecordBytes: 1024 * 1024,
  maxBatchBytes: 16 * 1024 * 1024,
};

/** A log whose every operation is a line of text in one file. Its records are all in memory as well. */
export class LineLog implements wal.Log {
  /** How much of an unfinished operation was found, and dropped. */
  readonly tornBytes: number;
  readonly #journal: Journal;
  readonly #lock: wal.DiskLock;
  readonly #stored = new StoredRecords();
  #planned: Extent;
  #last: Promise<unknown> = Promise.resolve();
  #failure: wal.LogError | undefined;
  #closing: Promise<void> | undefined;

  constructor({ journal, operations, tornBytes }: OpenedJournal, lock: wal.DiskLock) {
    this.#journal = journal;
    this.tornBytes = tornBytes;
    this.#lock = lock;
    for (const operation of operations) this.#stored.apply(operation);
    this.#planned = this.#stored.extent;
  }

  get firstId(): wal.RecordId | undefined {
    return this.#stored.isEmpty ? undefined : this.#stored.trimMark + 1;
  }

  get lastId(): wal.RecordId | undefined {
    return this.#stored.isEmpty ? undefined : this.#stored.lastDurableId;
  }

  get nextId(): wal.RecordId {
    return this.#planned.nextId;
  }

  async append(
    input: wal.AppendInput | readonly wal.AppendInput[],
    options?: wal.OperationOptions,
  ): Promise<wal.AppendResult> {
    this.#check(options);
    const firstId = this.nextId;
    const { records } = wal.checkAppend(input, firstId, LIMITS);
    const append = records.map((data) => Buffer.from(data).toString('base64'));
    await wal.abortable(this.#commit({ append }), options?.signal);
    return { firstId, lastId: firstId + records.length - 1 };
  }

  async truncate(lastToKeep: wal.RecordId, options?: wal.OperationOptions): Promise<void> {
    this.#check(options);
    const truncate = wal.checkLastToKeep(lastToKeep);
    await wal.abortable(this.#commit({ truncate }), options?.signal);
  }

  async trim(discardUpTo: wal.RecordId, options?: wal.OperationOptions): Promise<void> {
    this.#check(options);
    const trim = wal.checkRecordId('discardUpTo', discardUpTo);
    await wal.abortable(this.#commit({ trim }), options?.signal);
  }

  async get(id: wal.RecordId, options?: wal.OperationOptions): Promise<wal.LogRecord> {
    this.#check(options);
    return this.#stored.get(wal.checkRecordId('id', id), this.nextId);
  }

  iterator(options?: wal.IteratorOptions): wal.LogIterator {
    return wal.createLogIterator(this.#stored, options);
  }

  close(): Promise<void> {
    this.#closing ??= this.#last
      .then(() => this.#journal.close())
      .finally(() => this.#lock.release());
    this.#stored.close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Takes no more writes: only an opening can find out what the journal holds now. */
  fail(cause: unknown): void {
    this.#failure ??= new wal.LogError('ERR_LOG_FAILED', `storage failed: ${cause}`, { cause });
    this.#planned = this.#stored.extent;
  }

  #check(options: wal.OperationOptions | undefined): void {
    wal.checkOperationOptions(options);
    wal.throwIfAborted(options?.signal);
    const closed = this.#stored.unreadable();
    if (closed !== undefined) throw closed;
  }

  /** The ids count from now on; the line is written once all before it are durable. */
  async #commit(operation: Operation): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#planned = extentAfter(this.#planned, operation);
    const written = this.#last.then(() => this.#write(operation));
    this.#last = written.catch(() => undefined);
    await written;
  }

  async #write(operation: Operation): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    await this.#journal.append(operation).catch((cause) => this.fail(cause));
    // Or the lock was lost meanwhile, and another writer opened the journal before the line was in it.
    const cause: wal.LogError | undefined = this.#failure;
    if (cause === undefined) return this.#stored.apply(operation);
    if (!('append' in operation)) throw cause;
    const firstId = this.#stored.extent.nextId;
    throw new wal.LogError('ERR_LOG_OUTCOME_UNKNOWN', `maybe in the log: ${firstId}`, {
      firstId,
      cause,
    });
  }
}
