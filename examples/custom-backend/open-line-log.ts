import { checkOptionsObject, checkRecordId, type Disk, isLogError, LogError } from '@wal/core';
import { nodeDisk } from '@wal/fslog';
import { openJournal } from './journal.ts';
import { LineLog } from './line-log.ts';

/** Options of {@link openLineLog}. */
export interface LineLogOptions {
  /** The first id of a new log. Default 1. */
  readonly firstId?: number | undefined;
  /** Default: the real one. */
  readonly disk?: Disk | undefined;
}

/**
 * Opens the log in an existing directory, and creates it if there is none.
 * @throws LogError `ERR_LOG_LOCKED`, `ERR_LOG_CORRUPT`, `ERR_LOG_FAILED`, `ERR_LOG_INVALID_ARGUMENT`
 */
export async function openLineLog(
  directory: string,
  options: LineLogOptions = {},
): Promise<LineLog> {
  checkOptionsObject('options', options);
  const { firstId = 1, disk = nodeDisk } = options;
  checkRecordId('firstId', firstId);
  let log: LineLog | undefined;
  const lock = await disk.lock(directory, () => log?.fail(new Error('the lock was lost')));
  try {
    log = new LineLog(await openJournal(disk, directory, firstId), lock);
    return log;
  } catch (cause) {
    await lock.release();
    throw isLogError(cause) ? cause : new LogError('ERR_LOG_FAILED', `${cause}`, { cause });
  }
}
