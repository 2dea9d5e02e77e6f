import type { RecordId } from './record.ts';

/** The codes of {@link LogError}. Stable across minor versions; messages are not. */
export type LogErrorCode =
  /** An explicit id is not `nextId`; `expectedId` says what it must be. Nothing was written. */
  | 'ERR_LOG_NON_SEQUENTIAL'
  /** A record or batch is over `limit`, or the ids are used up. Nothing was written. */
  | 'ERR_LOG_TOO_LARGE'
  /** The id was trimmed, or a trim overtook the iterator; `firstId` is the first id not trimmed. */
  | 'ERR_LOG_TRIMMED'
  /** The id is not written, or not durable yet; `nextId` is the log's. */
  | 'ERR_LOG_NOT_FOUND'
  /** A truncate removed a record that the iterator had delivered; it kept ids up to `lastId`. */
  | 'ERR_LOG_TRUNCATED'
  /** Another live process or handle writes this log; `holder` says who, where that is known. */
  | 'ERR_LOG_LOCKED'
  /** A newer writer, of `epoch`, took this log over. This handle writes no more. */
  | 'ERR_LOG_FENCED'
  /** Stored bytes are not what was acknowledged: `segment`, `byteOffset`, `firstAffectedId`. */
  | 'ERR_LOG_CORRUPT'
  /** Storage failed, for the reason in `cause`; this handle takes no more writes until reopened. */
  | 'ERR_LOG_FAILED'
  /** The append may or may not have become durable: reopen and compare `lastId` with `firstId`. */
  | 'ERR_LOG_OUTCOME_UNKNOWN'
  /** Not written for want of space, or of a file descriptor; the log stays usable. `cause` is the system's error. */
  | 'ERR_LOG_NO_SPACE'
  /** The `metadata` given at open differs from the log's. */
  | 'ERR_LOG_METADATA_MISMATCH'
  /** A newer format `version`, or bytes that are no log's. Nothing was changed. */
  | 'ERR_LOG_UNSUPPORTED_FORMAT'
  /** The store does not give what the log needs. */
  | 'ERR_LOG_UNSUPPORTED_STORE'
  /** The log, or the iterator's log, was closed. */
  | 'ERR_LOG_CLOSED'
  /** The log is open, or can only be opened, for reading. */
  | 'ERR_LOG_READ_ONLY'
  /** An argument or option of a wrong type or out of range; the message names both value and limit. */
  | 'ERR_LOG_INVALID_ARGUMENT';

/** Who holds a lock, as far as the lock says. */
export interface LockHolder {
  /** The name of the host that its process runs on. */
  readonly host?: string | undefined;
  /** The number of its process there. */
  readonly pid?: number | undefined;
}

/** The data that a caller needs to act on a {@link LogError}; which code carries which is said there. */
export interface LogErrorDetails {
  /** What storage, or a store, said. */
  readonly cause?: unknown;
  /** The id that the append has to have: the log's `nextId`. */
  readonly expectedId?: RecordId | undefined;
  /** What is allowed: in bytes, or `MAX_RECORD_ID` where the ids are used up. */
  readonly limit?: number | undefined;
  /** `ERR_LOG_TRIMMED`: the first id not trimmed. `ERR_LOG_OUTCOME_UNKNOWN`: that of the first record in doubt. */
  readonly firstId?: RecordId | undefined;
  /** The last id that the truncate kept. */
  readonly lastId?: RecordId | undefined;
  /** The id that the next record gets. */
  readonly nextId?: RecordId | undefined;
  /** Who writes the log. */
  readonly holder?: LockHolder | undefined;
  /** That of the newer writer. */
  readonly epoch?: number | undefined;
  /** The segment's name: a file name, or an object's key. */
  readonly segment?: string | undefined;
  /** Where in the segment the bytes stop checking out. */
  readonly byteOffset?: number | undefined;
  /** The lowest id whose record may be lost. */
  readonly firstAffectedId?: RecordId | undefined;
  /** The format version that was found. */
  readonly version?: number | undefined;
}

/** Every error that a log reports of itself. Test `code`, not the message. Only the fields of its code are set. */
export class LogError extends Error {
  override readonly name = 'LogError';
  readonly code: LogErrorCode;
  declare readonly expectedId: RecordId | undefined;
  declare readonly limit: number | undefined;
  declare readonly firstId: RecordId | undefined;
  declare readonly lastId: RecordId | undefined;
  declare readonly nextId: RecordId | undefined;
  declare readonly holder: LockHolder | undefined;
  declare readonly epoch: number | undefined;
  declare readonly segment: string | undefined;
  declare readonly byteOffset: number | undefined;
  declare readonly firstAffectedId: RecordId | undefined;
  declare readonly version: number | undefined;

  constructor(code: LogErrorCode, message: string, { cause, ...fields }: LogErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    for (const [name, value] of Object.entries(fields)) {
      if (value !== undefined) Object.assign(this, { [name]: value });
    }
  }
}

/** Whether `error` is a {@link LogError}, of `code` if one is given; also across copies of this package. */
export function isLogError(error: unknown, code?: LogErrorCode): error is LogError {
  if (!(error instanceof Error) || error.name !== 'LogError') return false;
  return code === undefined || (error as LogError).code === code;
}
