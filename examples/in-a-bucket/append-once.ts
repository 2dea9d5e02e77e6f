// What to do when nobody knows whether an append was stored. See docs/S3.md.
import { isLogError, type Log } from '@wal/core';

/**
 * Appends a record once, though nobody may know at first whether it was stored. Rejects when another process has the
 * log, with `ERR_LOG_FENCED` or that as the cause: it is that one's now.
 * @returns the log to go on with.
 */
export async function appendOnce<Kind extends Log>(
  log: Kind,
  data: Uint8Array,
  reopen: () => Promise<Kind>,
): Promise<Kind> {
  const id = log.nextId;
  try {
    await log.append({ id, data });
    return log;
  } catch (error) {
    const isUnclear =
      isLogError(error, 'ERR_LOG_OUTCOME_UNKNOWN') || isLogError(error, 'ERR_LOG_FAILED');
    if (!isUnclear || isLogError(error.cause, 'ERR_LOG_FENCED')) throw error;
    await log.close();
  }
  const again = await reopen(); // From here on nothing of the former handle can be stored any more.
  const isThere = again.nextId > id && Buffer.compare((await again.get(id)).data, data) === 0;
  if (!isThere) await again.append({ id, data }); // Another's record has this id? Then this rejects, and says so.
  return again;
}
