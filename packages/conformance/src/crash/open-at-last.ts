import { isLogError, type Log } from '@wal/core';
import type { SimDisk } from '../sim-disk/index.ts';

const MOST_ATTEMPTS = 3;

/**
 * Opens a log on a disk whose calls fail: an opening may fail, with an error that says so and no file left
 * open. `undefined`: it did so again and again. `history` hears of it.
 */
export async function openAtLast<L extends Log>(
  open: () => Promise<L>,
  disk: SimDisk,
  history: string[],
): Promise<L | undefined> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    try {
      return await open();
    } catch (error) {
      const isExcused =
        isLogError(error, 'ERR_LOG_NO_SPACE') ||
        isLogError(error, 'ERR_LOG_FAILED') ||
        isLogError(error, 'ERR_LOG_READ_ONLY');
      if (!isExcused) throw error;
      if (disk.openFiles > 0) throw new Error(`${disk.openFiles} files open after: ${error}`);
      history.push(`open: ${String(error)}`);
    }
  }
  return undefined;
}
