import { join } from 'node:path';
import type { IteratorOptions, Log } from '@wal/core';
import { openFsLog } from '@wal/fslog';
import { fillFsLog } from './fslog.ts';
import type { ReadableContender } from './store.ts';

/** Ours, read: its records came in batches of so many, and a batch is checked as a whole. */
export function fslogReader(
  name: string,
  batchRecords: number,
  scan: (log: Log) => Promise<number> = (log) => scanByBatch(log),
): ReadableContender {
  return {
    name,
    async fill(folder, record, count) {
      const directory = join(folder, 'log');
      await fillFsLog(directory, record, { count, batchRecords });
      const log = await openFsLog(directory);
      const first = log.firstId ?? 0;
      return {
        scan: () => scan(log),
        get: async (place) => (await log.get(first + place)).data,
        close: () => log.close(),
      };
    },
  };
}

export async function scanByBatch(log: Log, options?: IteratorOptions): Promise<number> {
  let bytes = 0;
  const records = log.iterator(options);
  for (let run = await records.nextBatch(); run.length > 0; run = await records.nextBatch()) {
    for (const { data } of run) bytes += data.length;
  }
  return bytes;
}

export async function scanForAwait(log: Log): Promise<number> {
  let bytes = 0;
  for await (const { data } of log.iterator()) bytes += data.length;
  return bytes;
}
