import { join } from 'node:path';
import type { Disk } from '@wal/core';
import { type FsLogOptions, openFsLog } from '@wal/fslog';
import type { Contender, ReadableContender, ReadableStore, Store } from './store.ts';

/** Batches of about this many bytes fill a log that is to be read. */
const FILL_BYTES = 1024 * 1024;

/** Ours, with its defaults: each append synced. */
export function fslog(name = 'fslog', options: { readonly disk?: Disk } = {}): Contender {
  return {
    name,
    durable: 'synced',
    async open(folder): Promise<Store> {
      const log = await openFsLog(join(folder, 'log'), options);
      return {
        append: (record) => log.append(record),
        appendBatch: (records) => log.append(records),
        close: () => log.close(),
      };
    },
  };
}

/** Fills a new log and closes it: quickly, since it is not the filling that is measured. */
export async function fillFsLog(
  directory: string,
  record: Uint8Array,
  count: number,
): Promise<void> {
  const options: FsLogOptions = { durability: 'none' };
  await using log = await openFsLog(directory, options);
  const batch = Array.from({ length: Math.ceil(FILL_BYTES / record.length) }, () => record);
  for (let left = count; left > 0; left -= batch.length) {
    await log.append(left < batch.length ? batch.slice(0, left) : batch);
  }
}

export const fslogByBatch: ReadableContender = readable('fslog nextBatch', async (log) => {
  let count = 0;
  const records = log.iterator();
  for (let run = await records.nextBatch(); run.length > 0; run = await records.nextBatch()) {
    count += run.length;
  }
  return count;
});

export const fslogForAwait: ReadableContender = readable('fslog for await', async (log) => {
  let count = 0;
  for await (const _ of log.iterator()) count++;
  return count;
});

function readable(
  name: string,
  scan: (log: Awaited<ReturnType<typeof openFsLog>>) => Promise<number>,
): ReadableContender {
  return {
    name,
    async fill(folder, record, count): Promise<ReadableStore> {
      const directory = join(folder, 'log');
      await fillFsLog(directory, record, count);
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
