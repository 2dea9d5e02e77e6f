import { checkOptionsObject, invalidArgument, LogError, type RecordId } from '@wal/core';
import { StoredRecords } from './stored-records.ts';
import { applyWrite, type Write } from './write.ts';

/** How a crash ends. */
export interface CrashOptions {
  /**
   * How many of the writes in flight turn out to have become durable, although nobody was told: the
   * first so many calls of `append`, `truncate` and `trim` in call order, each whole. `Infinity` keeps
   * them all. Default: 0.
   */
  readonly keepInFlight?: number | undefined;
}

/**
 * Holds what a log held, so that a test can restart its program: the next `createMemLog` with it finds
 * the same records, ids, trim mark and metadata. Opaque but for `crash`.
 */
export interface MemStorage {
  /**
   * Ends the program that has the log open, as far as the log can tell, and frees the storage for the
   * next one. What was acknowledged is kept. Appends in flight reject with `ERR_LOG_OUTCOME_UNKNOWN`,
   * truncates and trims with `ERR_LOG_FAILED`; a `close` that waits for them resolves; whatever is called
   * later, iterators included, rejects with `ERR_LOG_CLOSED`.
   *
   * May also be called after a log whose sync failed was closed: the writes of that sync count as in
   * flight until the storage is opened again. Without an open log and those it does nothing.
   * @throws LogError `ERR_LOG_INVALID_ARGUMENT`
   */
  crash(options?: CrashOptions): void;
}

/** Makes an empty storage. The first log on it decides first id and metadata. */
export function createMemStorage(): MemStorage {
  return new Storage();
}

/** The open log of a storage. */
export interface StorageWriter {
  /** Lets go of the storage at once. @returns The writes in flight, in call order. */
  crash(): readonly Write[];
}

/** What of a log is kept between two openings. */
export interface StoredLog {
  readonly records: StoredRecords;
  readonly metadata: Uint8Array;
}

export class Storage implements MemStorage {
  #log: StoredLog | undefined;
  #writer: StorageWriter | undefined;
  #unsynced: readonly Write[] = [];

  /**
   * Opens the log, or creates it if there is none, for the one writer that `start` makes.
   * @throws LogError `ERR_LOG_LOCKED`, `ERR_LOG_METADATA_MISMATCH`
   */
  open<Writer extends StorageWriter>(
    firstId: RecordId,
    metadata: Uint8Array | undefined,
    start: (log: StoredLog) => Writer,
  ): Writer {
    if (this.#writer !== undefined) {
      throw new LogError('ERR_LOG_LOCKED', 'another log on this storage is open');
    }
    const stored = this.#log;
    if (stored !== undefined && !sameBytes(metadata ?? stored.metadata, stored.metadata)) {
      throw new LogError('ERR_LOG_METADATA_MISMATCH', 'the log was created with other metadata');
    }
    this.#log ??= {
      records: new StoredRecords(firstId),
      metadata: metadata ?? new Uint8Array(0),
    };
    this.#unsynced = [];
    const writer = start(this.#log);
    this.#writer = writer;
    return writer;
  }

  /** The writer is done. `unsynced` are the writes that it could not tell the outcome of. */
  release(unsynced: readonly Write[]): void {
    this.#writer = undefined;
    this.#unsynced = unsynced;
  }

  crash(options?: CrashOptions): void {
    const keep = checkKeepInFlight(options);
    const inFlight = this.#writer?.crash() ?? this.#unsynced;
    this.#writer = undefined;
    this.#unsynced = [];
    const records = this.#log?.records;
    if (records === undefined) return;
    for (const write of inFlight.slice(0, keep)) applyWrite(records, write);
  }
}

function checkKeepInFlight(options: CrashOptions | undefined): number {
  checkOptionsObject('options', options);
  const keep: unknown = options?.keepInFlight === undefined ? 0 : options.keepInFlight;
  if (keep === Number.POSITIVE_INFINITY) return keep;
  if (typeof keep === 'number' && Number.isInteger(keep) && keep >= 0) return keep;
  throw invalidArgument('keepInFlight', 'Infinity or an integer from 0', keep);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
