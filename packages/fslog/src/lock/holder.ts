import { join } from 'node:path';
import { isLogError, type LockHolder } from '@wal/core';
import { errorCode, explainOpenError } from '../disk/storage-error.ts';
import { checkFsLogOptions } from '../options.ts';
import { LOCK, refuseHeld } from './lock.ts';
import { listTickets } from './lock-ticket.ts';

/**
 * Who has the log in `directory` open for writing at this moment, as an opener would be told that is refused now;
 * `undefined` if it would not be. Takes no lock, and changes nothing.
 * @throws LogError `ERR_LOG_INVALID_ARGUMENT`, `ERR_LOG_READ_ONLY` (no permission to read), `ERR_LOG_FAILED`
 */
export async function fsLogHolder(directory: string): Promise<LockHolder | undefined> {
  const { directory: path } = checkFsLogOptions(directory);
  const lockDirectory = join(path, LOCK);
  try {
    const [highest] = await listTickets(lockDirectory);
    if (highest !== undefined) await refuseHeld(lockDirectory, highest);
    return undefined;
  } catch (error) {
    if (isLogError(error, 'ERR_LOG_LOCKED')) return error.holder ?? {};
    if (errorCode(error) === 'ENOENT') return undefined; // Nobody has written yet.
    throw explainOpenError(error, path, 'read');
  }
}
