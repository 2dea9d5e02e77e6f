import { invalidArgument, isLogError, LogError, type LogErrorCode, type RecordId } from '@wal/core';

/** An append that is about to be written. */
export interface FaultyAppend {
  /** The id that its first record was given. */
  readonly firstId: RecordId;
  readonly lastId: RecordId;
  /** The data of its records together, in bytes. */
  readonly bytes: number;
}

/** What is about to be made durable: appends that were called together, or one truncate or trim. */
export type FaultySync =
  | { readonly kind: 'append'; readonly firstId: RecordId; readonly lastId: RecordId }
  | { readonly kind: 'truncate'; readonly lastToKeep: RecordId }
  | { readonly kind: 'trim'; readonly discardUpTo: RecordId };

/** Records that are about to be given to a reader: by `get` one, by an iterator a run. */
export interface FaultyRead {
  readonly firstId: RecordId;
  readonly lastId: RecordId;
}

/**
 * What goes wrong, or slowly, in the storage under a log. Each hook is called before the step it is
 * named for and awaited: resolve late to delay it, throw or reject to make it fail. The log looks the
 * hooks up each time, so a test may set and remove them as it goes. A log without write hooks makes
 * writes durable within the call.
 *
 * A hook must not wait for an operation on its own log: that operation waits for the hook.
 */
export interface MemLogFaults {
  /**
   * Called once for every append of at least one record, in call order, one at a time.
   *
   * When it fails the append is not written and rejects: with the error itself if that is a `LogError`,
   * otherwise with `ERR_LOG_NO_SPACE` and the error as its `cause`. Appends that were called after it and
   * before the failure reject likewise, since their ids counted on it; truncates and trims among them
   * still run, `nextId` falls back, and the log stays usable. A `LogError` with code `ERR_LOG_FAILED`,
   * `ERR_LOG_FENCED` or `ERR_LOG_READ_ONLY` says that the log is not usable: then every write called
   * after this append rejects with it too.
   */
  beforeAppend?: ((append: FaultyAppend) => unknown) | undefined;
  /**
   * Called before writes become durable: once for all appends that were called together, or while the
   * sync before was under way (a group), and once for each truncate or trim that changes something.
   *
   * When it fails, the appends of the group reject with `ERR_LOG_OUTCOME_UNKNOWN`, a truncate or trim
   * with `ERR_LOG_FAILED`, the error as `cause`, and every other and later write with `ERR_LOG_FAILED`.
   * Reads go on. After reopening, the writes of the failed sync are absent; to find them there instead,
   * reopen after `storage.crash({ keepInFlight: Infinity })`. A `LogError` with one of the three codes
   * named at `beforeAppend` is what they and all later writes reject with, and they are absent for good.
   */
  beforeSync?: ((sync: FaultySync) => unknown) | undefined;
  /**
   * Called before stored records are given to `get` or an iterator.
   *
   * When it fails the read rejects: with the error itself if that is a `LogError`, otherwise with
   * `ERR_LOG_CORRUPT`, `firstAffectedId` and the error as `cause`. Nothing else is affected.
   */
  beforeRead?: ((read: FaultyRead) => unknown) | undefined;
}

/**
 * A hook that fails the first time it is called, and never again: `faults.beforeAppend = failOnce()`.
 * @param error What it throws; default: an `Error`, which each hook turns into its usual `LogError`.
 */
export function failOnce(error: unknown = new Error('injected failure')): () => void {
  let armed = true;
  return () => {
    if (!armed) return;
    armed = false;
    throw error;
  };
}

const HOOKS = ['beforeAppend', 'beforeSync', 'beforeRead'] as const;

/** Checks that every hook is a function. @throws LogError `ERR_LOG_INVALID_ARGUMENT` */
export function checkFaults(faults: MemLogFaults): void {
  for (const name of HOOKS) {
    const hook: unknown = faults[name];
    if (hook !== undefined && typeof hook !== 'function') {
      throw invalidArgument(`faults.${name}`, 'a function', hook);
    }
  }
}

const STOPPING: readonly LogErrorCode[] = ['ERR_LOG_FAILED', 'ERR_LOG_FENCED', 'ERR_LOG_READ_ONLY'];

/** Whether an error that a hook threw says by its code that the log takes no more writes. */
export function stopsWrites(error: unknown): error is LogError {
  return STOPPING.some((code) => isLogError(error, code));
}

/** What an append rejects with whose `beforeAppend` threw `error`. */
export function appendFailure(error: unknown): LogError {
  if (isLogError(error)) return error;
  return new LogError('ERR_LOG_NO_SPACE', 'the append was not written', { cause: error });
}

/** What a read rejects with whose `beforeRead` threw `error`. */
export function readFailure(error: unknown, firstAffectedId: RecordId): LogError {
  if (isLogError(error)) return error;
  return new LogError('ERR_LOG_CORRUPT', `record ${firstAffectedId} cannot be read`, {
    cause: error,
    firstAffectedId,
  });
}
