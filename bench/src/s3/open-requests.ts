import { type LogOptions, openS3Log, type S3Log } from '@wal/s3log';
import type { Settings } from '../measurement.ts';
import type { Figure } from '../result/figure.ts';
import { recordOf } from '../runner/record.ts';
import { CountingStore } from './counting-store.ts';

const MANY = 1_000_000;
const QUICK_MANY = 10_000;
/** Appends at once while a log is filled. */
const FILL_AT_ONCE = 1_000;

function openLoad(chunks: number, how: 'writing' | 'reading'): string {
  return `open for ${how}, ${chunks.toLocaleString('en-US')} chunks`;
}

export const OPEN_FEW: string = openLoad(10, 'writing');
export const OPEN_MANY: string = openLoad(MANY, 'writing');

/** Fills a log with chunks of one record, and counts what opening it takes. */
export async function openRequests(
  chunks: number,
  open: (options?: LogOptions) => Promise<S3Log>,
  requests: () => number,
): Promise<Figure[]> {
  const log = await open({ chunkBytes: 1, lingerMs: 0, maxInFlight: 64 });
  for (let left = chunks; left > 0; left -= FILL_AT_ONCE) {
    const some = Math.min(left, FILL_AT_ONCE);
    await Promise.all(Array.from({ length: some }, () => log.append(recordOf(1))));
  }
  await log.close();
  requests();
  const figures: Figure[] = [];
  for (const how of ['reading', 'writing'] as const) {
    const opened = await open({ readOnly: how === 'reading' });
    const count = requests();
    if (opened.lastId !== chunks) throw new Error(`${opened.lastId} records, not ${chunks}`);
    await opened.close();
    figures.push({
      measurement: 's3-requests',
      load: openLoad(chunks, how),
      contender: 's3log',
      metric: 'requests',
      unit: 'count',
      rounds: [count],
    });
  }
  return figures;
}

/** The same for a log of very many chunks, in memory: no server on this machine would keep them. */
export function openRequestsOfMany({ quick }: Settings): Promise<Figure[]> {
  const store = new CountingStore();
  const open = (options: LogOptions = {}): Promise<S3Log> =>
    openS3Log({ store, compactAfterChunks: 0, ...options });
  return openRequests(quick ? QUICK_MANY : MANY, open, () => {
    const { requests } = store;
    store.requests = 0;
    return requests;
  });
}
