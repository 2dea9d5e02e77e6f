import { openS3Log, type S3Log } from '@wal/s3log';
import { scanByBatch } from '../contenders/fslog-reader.ts';
import type { Measurement, Settings } from '../measurement.ts';
import type { Figure } from '../result/figure.ts';
import { printRates } from '../result/table.ts';
import { interleave } from '../runner/interleave.ts';
import { CHUNK, CHUNK_BYTES, chunksOf } from './chunk.ts';
import { AT_ONCE, atBothDistances } from './distances.ts';
import { inParallel } from './in-parallel.ts';
import { rawGet } from './raw.ts';
import { type Bucket, whyNoBucket, withBucket } from './with-bucket.ts';

const CHUNKS = 160;
const QUICK_CHUNKS = 16;
const PREFIX = 'log/';
/** Twice as many chunks ahead as raw gets at once; the default is as many. */
const WIDE_AHEAD = 2 * AT_ONCE;
const WIDE_BYTES = WIDE_AHEAD * CHUNK_BYTES;
export const WIDE: string = `s3log, ${WIDE_AHEAD} ahead`;

/** A log read through, each record looked at, against gets of the same objects. */
export const s3Replay: Measurement = {
  name: 's3-replay',
  title: `replay of a log in a bucket, against ${AT_ONCE} raw gets at once, near and far`,
  nodeOptions: ['--expose-gc'],
  whyNot: whyNoBucket,
  run: (settings) =>
    withBucket(settings, async (near) => {
      await fill(near, settings.quick ? QUICK_CHUNKS : CHUNKS);
      return await atBothDistances(near, (load, bucket) => measure(load, bucket, settings));
    }),
};

async function fill({ client, name }: Bucket, chunks: number): Promise<void> {
  const log = await openS3Log({ bucket: name, client, prefix: PREFIX });
  let left = chunks;
  await inParallel(AT_ONCE, () => (left-- > 0 ? log.append(CHUNK) : undefined));
  await log.close();
}

async function measure(load: string, bucket: Bucket, { rounds }: Settings): Promise<Figure[]> {
  const { client, name } = bucket;
  const keys = (await chunksOf(bucket, PREFIX)).map(({ key }) => key);
  const open = (options: object): Promise<S3Log> =>
    openS3Log({ bucket: name, client, prefix: PREFIX, readOnly: true, ...options });
  const logs = [await open({}), await open({ readAheadBytes: WIDE_BYTES })] as const;
  // What is behind the last record is not looked for.
  const end = keys.length * CHUNK.length;
  const cellOf = (contender: string, read: () => Promise<number>) => ({
    name: contender,
    run: () => rateOf(keys.length, read),
  });
  const cells = [
    cellOf('s3log', () => scanByBatch(logs[0], { end })),
    cellOf(WIDE, () => scanByBatch(logs[1], { end })),
    cellOf('raw', () => getAll(bucket, keys)),
  ];
  await interleave(cells, 1); // Warms up.
  const results = await interleave(cells, rounds);
  for (const log of logs) await log.close();
  const figures = [...results].map(
    ([contender, rates]): Figure => ({
      measurement: 's3-replay',
      load,
      contender,
      metric: 'throughput',
      unit: 'MB/s',
      rounds: rates,
    }),
  );
  printRates(`s3-replay, ${load}`, figures);
  return figures;
}

/** Megabytes of records a second. What the one before has left behind is collected first. */
async function rateOf(chunks: number, read: () => Promise<number>): Promise<number> {
  globalThis.gc?.();
  const startedAt = performance.now();
  const bytes = await read();
  const milliseconds = performance.now() - startedAt;
  if (bytes < chunks * CHUNK_BYTES) throw new Error(`read ${bytes} bytes of ${chunks} chunks`);
  return (chunks * CHUNK_BYTES) / 1e3 / milliseconds;
}

async function getAll(bucket: Bucket, keys: readonly string[]): Promise<number> {
  let next = 0;
  let bytes = 0;
  const get = async (key: string): Promise<void> => {
    const body = await rawGet(bucket, key);
    bytes += body.length;
  };
  await inParallel(AT_ONCE, () => {
    const key = keys[next++];
    return key === undefined ? undefined : get(key);
  });
  return bytes;
}
