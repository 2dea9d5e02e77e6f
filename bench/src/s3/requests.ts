import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { clientOf, FaultProxy } from '@wal/s3-servers';
import { type LogOptions, openS3Log, type S3Log } from '@wal/s3log';
import { scanByBatch } from '../contenders/fslog-reader.ts';
import type { Measurement } from '../measurement.ts';
import type { Figure } from '../result/figure.ts';
import { printFigures } from '../result/table.ts';
import { recordOf } from '../runner/record.ts';
import { chunksOf } from './chunk.ts';
import { FastClock } from './fast-clock.ts';
import { openRequests, openRequestsOfMany } from './open-requests.ts';
import { type Bucket, whyNoBucket, withBucket } from './with-bucket.ts';

export const ALONE = 'append, 1 at a time';
export const TOGETHER = 'append, 2,000 at once';
export const REPLAY = 'replay, 1,000 chunks';
const REPLAY_AGAIN = 'replay, 1,000 chunks, opened again';
export const FOLLOW = 'idle follower';
const AWAITED_APPENDS = 200;
const APPENDS_AT_ONCE = 2_000;
const OPENED_CHUNKS = [10, 1_000] as const;
const REPLAYED_CHUNKS = 1_000;
const SETTLING_MS = 200;
const FOLLOWED_MS = 60_000;
const TIMES_AS_FAST = 20;

/** A log on a server, behind a proxy that counts what passes. */
interface CountedLog {
  readonly bucket: Bucket;
  readonly proxy: FaultProxy;
  open(prefix: string, options?: LogOptions): Promise<S3Log>;
}

/** What each operation asks of the store. */
export const s3Requests: Measurement = {
  name: 's3-requests',
  title: 'requests of appends, openings, a replay and a follower, counted by a proxy',
  whyNot: whyNoBucket,
  run: (settings) =>
    withBucket(settings, async (bucket) => {
      const proxy = await FaultProxy.start(bucket.server);
      const client = clientOf(proxy);
      try {
        const counted = countedLog(bucket, proxy, client);
        const figures = [
          ...(await appendAlone(counted)),
          ...(await appendTogether(counted)),
          ...(await openings(counted)),
          ...(await openRequestsOfMany(settings)),
          ...(await replay(counted)),
          ...(await follow(counted)),
        ];
        printFigures('s3-requests', figures);
        return figures;
      } finally {
        client.destroy();
        await proxy.stop();
      }
    }),
};

function countedLog(bucket: Bucket, proxy: FaultProxy, client: S3Client): CountedLog {
  const open = (prefix: string, options: LogOptions = {}): Promise<S3Log> =>
    openS3Log({ bucket: bucket.name, client, prefix, compactAfterChunks: 0, ...options });
  return { bucket, proxy, open };
}

function count(load: string, metric: string, value: number): Figure {
  const base = { measurement: 's3-requests', contender: 's3log', unit: 'count' } as const;
  return { ...base, load, metric, rounds: [value] };
}

/** Of the requests that passed, those of one kind for each of so many things, and all others. */
function share(
  load: string,
  proxy: FaultProxy,
  kind: string,
  things: string,
  number: number,
): Figure[] {
  const { [kind]: some = 0, ...others } = proxy.take();
  const rest = Object.values(others).reduce((sum, one) => sum + one, 0);
  return [count(load, `${kind} a ${things}`, some / number), count(load, 'other requests', rest)];
}

async function appendAlone({ bucket, proxy, open }: CountedLog): Promise<Figure[]> {
  await using log = await open('alone/');
  proxy.take();
  for (let i = 0; i < AWAITED_APPENDS; i++) await log.append(recordOf(256));
  const chunks = await chunksOf(bucket, 'alone/');
  return share(ALONE, proxy, 'PUT', 'group', chunks.length);
}

async function appendTogether({ bucket, proxy, open }: CountedLog): Promise<Figure[]> {
  await using log = await open('together/', { chunkBytes: 20_000 });
  proxy.take();
  const record = recordOf(1_000);
  await Promise.all(Array.from({ length: APPENDS_AT_ONCE }, () => log.append(record)));
  const chunks = await chunksOf(bucket, 'together/');
  return share(TOGETHER, proxy, 'PUT', 'group', chunks.length);
}

async function openings({ proxy, open }: CountedLog): Promise<Figure[]> {
  const figures: Figure[] = [];
  const requests = (): number => Object.values(proxy.take()).reduce((sum, one) => sum + one, 0);
  for (const chunks of OPENED_CHUNKS) {
    const openIt = (options?: LogOptions): Promise<S3Log> => open(`open-${chunks}/`, options);
    figures.push(...(await openRequests(chunks, openIt, requests)));
  }
  return figures;
}

/** By the handle that wrote the chunks; and by the next one, which begins another epoch. */
async function replay({ proxy, open }: CountedLog): Promise<Figure[]> {
  const openIt = (): Promise<S3Log> => open('replay/', { chunkBytes: 1, lingerMs: 0 });
  const figures: Figure[] = [];
  for (const load of [REPLAY, REPLAY_AGAIN]) {
    await using log = await openIt();
    const missing = load === REPLAY ? REPLAYED_CHUNKS : 0;
    await Promise.all(Array.from({ length: missing }, () => log.append(recordOf(1))));
    proxy.take();
    await scanByBatch(log);
    await settled(proxy);
    figures.push(...share(load, proxy, 'GET', 'chunk', REPLAYED_CHUNKS));
  }
  return figures;
}

/** What was asked ahead may still wait for a connection: it counts, too. */
async function settled(proxy: FaultProxy): Promise<void> {
  await sleep(SETTLING_MS);
  await proxy.idle();
}

/** A minute of a follower for whom nothing comes, by a fast clock. */
async function follow({ proxy, open }: CountedLog): Promise<Figure[]> {
  const clock = new FastClock(TIMES_AS_FAST);
  await using writer = await open('follow/');
  await writer.append(recordOf(256));
  const log = await open('follow/', { readOnly: true, clock });
  const records = log.iterator({ follow: true });
  await records.next();
  const waiting = records.next().catch(() => undefined);
  await sleep(FOLLOWED_MS / 10 / TIMES_AS_FAST); // Until its waits are as long as they get.
  proxy.take();
  clock.looks = 0;
  await sleep(FOLLOWED_MS / TIMES_AS_FAST);
  const { GET: gets = 0, LIST: lists = 0, ...others } = proxy.take();
  const { looks } = clock;
  await log.close();
  await waiting;
  const rest = Object.values(others).reduce((sum, one) => sum + one, 0);
  return [
    count(FOLLOW, 'GET a look', gets / looks),
    count(FOLLOW, 'GET in a minute', gets),
    count(FOLLOW, 'LIST in a minute', lists),
    count(FOLLOW, 'other requests', rest),
  ];
}
