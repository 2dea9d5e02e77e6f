import type { Log } from '@wal/core';
import type { Progress } from '../progress/progress.ts';

/** What reading a whole log came to. */
export interface ReadThrough {
  readonly records: number;
  /** Of the records' data. */
  readonly bytes: number;
}

/**
 * Reads every record of a log, which checks every byte that holds them.
 * @throws LogError `ERR_LOG_CORRUPT` at the first that does not check out
 */
export async function readThrough(
  log: Log,
  signal: AbortSignal,
  progress: Progress,
): Promise<ReadThrough> {
  const iterator = log.iterator({ signal });
  let records = 0;
  let bytes = 0;
  try {
    for (;;) {
      const batch = await iterator.nextBatch();
      if (batch.length === 0) return { records, bytes };
      records += batch.length;
      for (const { data } of batch) bytes += data.length;
      progress.show(records);
    }
  } finally {
    await iterator.return();
  }
}
