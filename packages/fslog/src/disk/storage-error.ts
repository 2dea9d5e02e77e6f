import { constants } from 'node:os';
import { isLogError, LogError, type RecordId } from '@wal/core';

/** The system's errors for want of space. Matched by number: Node has no name for EDQUOT (`code` is UNKNOWN). */
const NO_SPACE: ReadonlySet<number | undefined> = new Set([
  -constants.errno.ENOSPC,
  -constants.errno.EDQUOT,
]);

/** Whether a write failed for want of space, which ends when somebody frees some. */
export function isNoSpace(error: unknown): boolean {
  const { errno, code } = (error ?? {}) as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT' || NO_SPACE.has(errno);
}

/** Whether the system had no space, or no descriptor for one file more: either comes back. */
export function isShortage(error: unknown): boolean {
  const code = errorCode(error);
  return isNoSpace(error) || code === 'EMFILE' || code === 'ENFILE';
}

/** The system's code of an error: `ENOENT`, `EEXIST`, … */
export function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** Nothing was written, and the log goes on once there is space, or a descriptor. */
export function noSpace(cause: unknown): LogError {
  const message = `not done for want of space or of descriptors: ${String(cause)}`;
  return new LogError('ERR_LOG_NO_SPACE', message, { cause });
}

/** Nothing was written, and this handle writes no more. A log that was fenced says so instead. */
export function failed(cause: unknown): LogError {
  if (isLogError(cause)) return cause;
  return new LogError('ERR_LOG_FAILED', `storage failed: ${String(cause)}`, { cause });
}

/** It was written, perhaps, and this handle writes no more. */
export function outcomeUnknown(firstId: RecordId, cause: unknown): LogError {
  return new LogError(
    'ERR_LOG_OUTCOME_UNKNOWN',
    `storage failed; open the log again to see whether record ${firstId} is in it: ${String(cause)}`,
    { firstId, cause },
  );
}

/** Bytes that were acknowledged, and are not what they were. `firstAffectedId`: the lowest id that may be lost. */
export function corruptAt(
  segment: string,
  byteOffset: number,
  firstAffectedId: RecordId,
  cause?: unknown,
): LogError {
  return new LogError(
    'ERR_LOG_CORRUPT',
    'stored bytes are not what was acknowledged, ' +
      `segment=${segment} byteOffset=${byteOffset} firstAffectedId=${firstAffectedId}`,
    { segment, byteOffset, firstAffectedId, cause },
  );
}

/** The error of an opening, to read or to write, that storage refused. */
export function explainOpenError(
  error: unknown,
  directory: string,
  purpose: 'read' | 'write' = 'write',
): unknown {
  if (isLogError(error)) return error;
  const details = { cause: error };
  const { code, path = directory } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === 'ENOENT') {
    const message = `there is no such directory, directory=${directory}`;
    return new LogError('ERR_LOG_INVALID_ARGUMENT', message, details);
  }
  if (code === 'ENOTDIR') {
    // It may be what stands for LOCK.
    const message = `not a directory, directory=${directory} path=${path}`;
    return new LogError('ERR_LOG_INVALID_ARGUMENT', message, details);
  }
  if (code === 'ENAMETOOLONG') {
    const message = `the system takes no path of this length, path=${path}`;
    return new LogError('ERR_LOG_INVALID_ARGUMENT', message, details);
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    const message = `no permission to ${purpose} (${code}), directory=${directory}`;
    return new LogError('ERR_LOG_READ_ONLY', message, details);
  }
  return isNoSpace(error) ? noSpace(error) : failed(error);
}
