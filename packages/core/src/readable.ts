import { LogError } from './errors.ts';
import type { LogView } from './log-cursor.ts';
import type { RecordId } from './record.ts';

/**
 * Refuses to read a record that is not stored (READ-3). `nextId` is the log's, appends in flight included.
 * @throws LogError `ERR_LOG_TRIMMED` with `firstId`, `ERR_LOG_NOT_FOUND` with `nextId`
 */
export function refuseUnlessStored(
  view: Pick<LogView, 'trimMark' | 'lastDurableId'>,
  id: RecordId,
  nextId: RecordId,
): void {
  const firstId = view.trimMark + 1;
  if (id < firstId) {
    throw new LogError('ERR_LOG_TRIMMED', `record ${id} was trimmed, firstId=${firstId}`, {
      firstId,
    });
  }
  if (id > view.lastDurableId) {
    throw new LogError('ERR_LOG_NOT_FOUND', `there is no record ${id}, nextId=${nextId}`, {
      nextId,
    });
  }
}

/** The error of every call on a log that was closed (CLOSE-3). */
export function closedError(): LogError {
  return new LogError('ERR_LOG_CLOSED', 'the log is closed');
}
