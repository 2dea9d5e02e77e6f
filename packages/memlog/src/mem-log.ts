import {
  type AppendInput,
  type AppendLimits,
  type AppendResult,
  abortable,
  ChangeSignal,
  checkAppend,
  checkLastToKeep,
  checkOperationOptions,
  checkRecordId,
  createLogIterator,
  type IteratorOptions,
  type Log,
  type LogIterator,
  type LogRecord,
  type OperationOptions,
  type RecordId,
  takeAppend,
  throwIfAborted,
} from '@wal/core';
import { ByteArena } from './byte-arena.ts';
import { LogReader } from './log-reader.ts';
import type { Storage, StorageWriter, StoredLog } from './mem-storage.ts';
import { type CheckedOptions, checkMemLogOptions, type MemLogOptions } from './options.ts';
import type { StoredRecords } from './stored-records.ts';
import type { Write } from './write.ts';
import { WriteQueue } from './write-queue.ts';

/**
 * A log in memory. Durable means: held by its storage. Without write faults an append is durable, and
 * readable, when the call returns. Readers get the stored bytes themselves: do not write to them.
 */
export interface MemLog extends Log {
  /** A copy of the metadata that the log was created with; empty if there was none. */
  readonly metadata: Uint8Array;
}

/**
 * Opens the log that `options.storage` holds, or creates one. May be awaited like the openers of other
 * backends, but needs not.
 * @throws LogError `ERR_LOG_LOCKED` while another log on the storage is open; `ERR_LOG_METADATA_MISMATCH`;
 * `ERR_LOG_INVALID_ARGUMENT`. Nothing has changed then.
 */
export function createMemLog(options: MemLogOptions = {}): MemLog {
  const checked = checkMemLogOptions(options);
  return checked.storage.open(
    checked.firstId,
    checked.metadata,
    (stored) => new StorageLog(stored, checked),
  );
}

class StorageLog implements MemLog, StorageWriter {
  readonly metadata: Uint8Array;
  readonly #storage: Storage;
  readonly #limits: AppendLimits;
  readonly #reader: LogReader;
  readonly #writes: WriteQueue;
  readonly #arena = new ByteArena();
  /** After closing these stand still, while another log may go on with the storage. */
  #ids: Pick<StoredRecords, 'trimMark' | 'lastId'>;
  #nextIdAtClose: RecordId | undefined;
  #closing: Promise<void> | undefined;

  constructor(stored: StoredLog, options: CheckedOptions) {
    const changes = new ChangeSignal();
    this.metadata = new Uint8Array(stored.metadata);
    this.#storage = options.storage;
    this.#limits = options.limits;
    this.#ids = stored.records;
    this.#reader = new LogReader(stored.records, options.faults, changes);
    this.#writes = new WriteQueue(stored.records, options.faults, changes);
  }

  get firstId(): RecordId | undefined {
    const { trimMark, lastId } = this.#ids;
    return lastId === trimMark ? undefined : trimMark + 1;
  }

  get lastId(): RecordId | undefined {
    const { trimMark, lastId } = this.#ids;
    return lastId === trimMark ? undefined : lastId;
  }

  get nextId(): RecordId {
    return this.#nextIdAtClose ?? this.#writes.nextId;
  }

  append(
    input: AppendInput | readonly AppendInput[],
    options?: OperationOptions,
  ): Promise<AppendResult> {
    try {
      this.#refuseIfClosed();
      const taken = takeAppend(input);
      const signal = this.#take(options);
      this.#refuseIfStopped();
      const firstId = this.#writes.nextId;
      const { records, bytes } = checkAppend(taken, firstId, this.#limits);
      const copies = records.map((data) => this.#arena.copy(data));
      return this.#writes.submit(
        { kind: 'append', firstId, records: copies, bytes },
        { firstId, lastId: firstId + records.length - 1 },
        signal,
      );
    } catch (error) {
      return Promise.reject(error);
    }
  }

  get(id: RecordId, options?: OperationOptions): Promise<LogRecord> {
    try {
      this.#refuseIfClosed();
      checkRecordId('id', id);
      const signal = this.#take(options);
      return abortable(this.#reader.get(id, this.nextId), signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  iterator(options?: IteratorOptions): LogIterator {
    return createLogIterator(this.#reader, options);
  }

  truncate(lastToKeep: RecordId, options?: OperationOptions): Promise<void> {
    try {
      this.#refuseIfClosed();
      checkLastToKeep(lastToKeep);
      const signal = this.#take(options);
      this.#refuseIfStopped();
      return this.#writes.submit({ kind: 'truncate', lastToKeep }, undefined, signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  trim(discardUpTo: RecordId, options?: OperationOptions): Promise<void> {
    try {
      this.#refuseIfClosed();
      checkRecordId('discardUpTo', discardUpTo);
      const signal = this.#take(options);
      this.#refuseIfStopped();
      return this.#writes.submit({ kind: 'trim', discardUpTo }, undefined, signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#reader.close();
      this.#closing = this.#writes.drained().then(() => this.#release());
    }
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  crash(): readonly Write[] {
    this.#reader.close();
    const inFlight = this.#writes.crash();
    this.#freeze();
    this.#closing ??= Promise.resolve();
    return inFlight;
  }

  #refuseIfClosed(): void {
    const unreadable = this.#reader.unreadable();
    if (unreadable !== undefined) throw unreadable;
  }

  #refuseIfStopped(): void {
    if (this.#writes.stopped !== undefined) throw this.#writes.stopped;
  }

  /** Takes the options, last of what a call is given: code of the caller's may have closed the log meanwhile. */
  #take(options: OperationOptions | undefined): AbortSignal | undefined {
    const signal = checkOperationOptions(options);
    throwIfAborted(signal);
    this.#refuseIfClosed();
    return signal;
  }

  #release(): void {
    // A crash while this waited has released the storage, perhaps to another log.
    if (this.#nextIdAtClose !== undefined) return;
    this.#freeze();
    this.#storage.release(this.#writes.unsynced);
  }

  #freeze(): void {
    const { trimMark, lastId } = this.#ids;
    this.#nextIdAtClose = this.#writes.nextId;
    this.#ids = { trimMark, lastId };
  }
}
