import {
  type ChangeSignal,
  closedError,
  type LogError,
  type LogRecord,
  type LogView,
  type RecordId,
  refuseUnlessStored,
  type TruncationHistory,
} from '@wal/core';
import { type MemLogFaults, readFailure } from './faults.ts';
import type { StoredRecords } from './stored-records.ts';

/** Shows an open log to `get` and iterators, past the read faults that a test set. */
export class LogReader implements LogView {
  readonly #stored: StoredRecords;
  readonly #faults: MemLogFaults | undefined;
  readonly #changes: ChangeSignal;
  #closed = false;

  constructor(stored: StoredRecords, faults: MemLogFaults | undefined, changes: ChangeSignal) {
    this.#stored = stored;
    this.#faults = faults;
    this.#changes = changes;
  }

  get lastDurableId(): RecordId {
    return this.#stored.lastId;
  }

  get trimMark(): RecordId {
    return this.#stored.trimMark;
  }

  get truncations(): TruncationHistory {
    return this.#stored.truncations;
  }

  /** From now on nothing is readable; iterators that wait notice. */
  close(): void {
    this.#closed = true;
    this.#changes.notify();
  }

  unreadable(): LogError | undefined {
    return this.#closed ? closedError() : undefined;
  }

  /** The record with this id. @param nextId What `ERR_LOG_NOT_FOUND` reports. Throws if it is not stored. */
  get(id: RecordId, nextId: RecordId): Promise<LogRecord> {
    refuseUnlessStored(this, id, nextId);
    return this.#give(this.#stored.get(id) as LogRecord, id, id);
  }

  read(from: RecordId, through: RecordId): Promise<readonly LogRecord[]> {
    const records = this.#stored.read(from, through);
    return this.#give(records, from, from + records.length - 1);
  }

  changed(signal: AbortSignal): Promise<void> {
    return this.#changes.wait(signal);
  }

  #give<Found>(found: Found, firstId: RecordId, lastId: RecordId): Promise<Found> {
    if (this.#faults?.beforeRead === undefined) return Promise.resolve(found);
    // In a promise, so that a hook that throws rejects.
    return Promise.resolve({ firstId, lastId })
      .then((read) => this.#faults?.beforeRead?.(read))
      .then(
        () => found,
        (error: unknown) => {
          throw readFailure(error, firstId);
        },
      );
  }
}
