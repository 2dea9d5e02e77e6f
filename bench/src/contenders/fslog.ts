import { join } from 'node:path';
import { type FsLogOptions, openFsLog } from '@wal/fslog';
import type { Contender, Store } from './store.ts';

/** A batch that fills a log is no larger. */
const FILL_BYTES = 1024 * 1024;

/** Ours, with its defaults: each append synced. */
export function fslog(
  name = 'fslog',
  options: Pick<FsLogOptions, 'disk' | 'preallocate'> = {},
): Contender {
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
  { count, batchRecords }: { readonly count: number; readonly batchRecords: number },
): Promise<void> {
  await using log = await openFsLog(directory, { durability: 'none' });
  const length = Math.min(batchRecords, Math.ceil(FILL_BYTES / record.length));
  const batch = Array.from({ length }, () => record);
  for (let left = count; left > 0; left -= length) {
    await log.append(left < length ? batch.slice(0, left) : batch);
  }
}
