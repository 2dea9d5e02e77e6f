import type { AppendInput, AppendResult, LogRecord, RecordId } from './record.ts';

/** Options that every operation takes. */
export interface OperationOptions {
  /**
   * Rejects the call with `signal.reason` once aborted. Aborted before the call: nothing is done.
   * Aborted later: an operation already queued or handed to storage is not undone by it (ABORT-2).
   */
  readonly signal?: AbortSignal | undefined;
}

/** What part of a log to read, and whether to wait for more. */
export interface IteratorOptions extends OperationOptions {
  /**
   * Where to start. Default: the log's first record. The iterator starts at the first stored record at
   * or after it, so an id that is trimmed or not written yet is no error.
   */
  readonly start?: RecordId | undefined;
  /** The last id to deliver, inclusive. Default: the last durable record when the iterator gets there. */
  readonly end?: RecordId | undefined;
  /** Wait for records yet to come instead of ending at the last durable one. Default: false. */
  readonly follow?: boolean | undefined;
}

/**
 * Reads records in id order. Calls may overlap; they are answered in call order. After a rejection
 * every further `next` and `nextBatch` rejects with the same error, until `return` (ITERATE-8).
 */
export interface LogIterator extends AsyncIterableIterator<LogRecord>, AsyncDisposable {
  /**
   * The next record, or done.
   * @throws LogError `ERR_LOG_TRIMMED` (a trim overtook the iterator), `ERR_LOG_TRUNCATED` (a record it
   * delivered was truncated), `ERR_LOG_CORRUPT`, `ERR_LOG_FAILED`, `ERR_LOG_FENCED` (a follower whose log was taken
   * over), `ERR_LOG_UNSUPPORTED_FORMAT`, `ERR_LOG_CLOSED`; or `signal.reason`.
   */
  next(): Promise<IteratorResult<LogRecord, undefined>>;
  /**
   * The next run of records, as many as were read together: the fast path. An empty array is the end,
   * and every call after it gives an empty array again.
   * @throws as `next`.
   */
  nextBatch(): Promise<readonly LogRecord[]>;
  /** Ends the iterator and releases what it holds, also while a `next` is waiting. Never rejects. */
  return(): Promise<IteratorResult<LogRecord, undefined>>;
}

/**
 * A write-ahead log: an ordered, gap-free run of records that is appended to at the end, read from
 * anywhere, trimmed at its start and truncated at its end. The clauses named here are those of
 * docs/CONTRACT.md, which every backend keeps and the conformance suite proves.
 *
 * Operations take effect in call order, without waiting for one another (ORDER-1). Every method may
 * also reject with `ERR_LOG_CLOSED` and, for arguments of a wrong type or range, with
 * `ERR_LOG_INVALID_ARGUMENT`; then nothing has changed.
 */
export interface Log extends AsyncDisposable {
  /** The id of the first stored durable record, `undefined` when there is none. */
  readonly firstId: RecordId | undefined;
  /** The id of the last stored durable record, `undefined` when there is none. */
  readonly lastId: RecordId | undefined;
  /**
   * The id that the next appended record gets. Counts operations still in flight, and survives
   * trim-all, truncate-all, close, crash and reopen (IDS-3, IDS-4).
   */
  readonly nextId: RecordId;

  /**
   * Adds records at the end. When the promise resolves every record is durable (APPEND-1). A batch is
   * all or nothing, through a crash too (APPEND-2). The bytes are taken before the call returns: the
   * caller may reuse its buffers at once (APPEND-4). `append([])` does nothing and resolves with
   * `{ firstId: nextId, lastId: nextId - 1 }` (APPEND-6).
   * @throws LogError `ERR_LOG_NON_SEQUENTIAL`, `ERR_LOG_TOO_LARGE`, `ERR_LOG_NO_SPACE`: the records are
   * absent, the log stays usable. `ERR_LOG_OUTCOME_UNKNOWN`: they may or may not be there after
   * reopening. `ERR_LOG_FAILED`, `ERR_LOG_FENCED`, `ERR_LOG_READ_ONLY`: they are absent, and this
   * handle writes no more.
   */
  append(
    input: AppendInput | readonly AppendInput[],
    options?: OperationOptions,
  ): Promise<AppendResult>;

  /**
   * Reads one durable record.
   * @throws LogError `ERR_LOG_TRIMMED` with `firstId`, `ERR_LOG_NOT_FOUND` with `nextId`,
   * `ERR_LOG_CORRUPT`, `ERR_LOG_FAILED` (storage could not be read), `ERR_LOG_FENCED`, `ERR_LOG_UNSUPPORTED_FORMAT`.
   */
  get(id: RecordId, options?: OperationOptions): Promise<LogRecord>;

  /**
   * Reads a run of records, in id order and without a gap (ITERATE-1). Reads nothing before the first
   * `next`. Throws at once for bad options; all else comes out of `next` and `nextBatch`.
   */
  iterator(options?: IteratorOptions): LogIterator;

  /**
   * Removes every record with an id above `lastToKeep`; -1 keeps none. Where there is no such record it
   * changes nothing. Otherwise `nextId` becomes `max(lastToKeep, last trimmed id) + 1`. Durable when
   * resolved; a removed record never comes back (TRUNCATE-1 … TRUNCATE-5).
   * @throws LogError `ERR_LOG_NO_SPACE`: nothing has changed, the log stays usable. `ERR_LOG_FAILED`: this handle writes
   * no more; reopened, the log has it done or not. `ERR_LOG_FENCED`, `ERR_LOG_READ_ONLY`, `ERR_LOG_CORRUPT`.
   */
  truncate(lastToKeep: RecordId, options?: OperationOptions): Promise<void>;

  /**
   * Discards every id up to `discardUpTo`, ids never written among them: beyond the end it empties the
   * log and sets `nextId` to `discardUpTo + 1`. Exact and durable when resolved; space may come back
   * later (TRIM-1 … TRIM-4).
   * @throws LogError as `truncate`.
   */
  trim(discardUpTo: RecordId, options?: OperationOptions): Promise<void>;

  /**
   * Waits for the operations in flight, then releases everything. May be called again (CLOSE-1 … CLOSE-4).
   * @throws LogError `ERR_LOG_FAILED`, `ERR_LOG_FENCED`: it could not be closed in order. What is durable stays so, and
   * everything is released all the same; a backend that acknowledges before a record is durable may have lost the last.
   */
  close(): Promise<void>;
}
