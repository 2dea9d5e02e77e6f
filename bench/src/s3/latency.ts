import { openS3Log, type S3Log } from '@wal/s3log';
import type { Measurement, Settings } from '../measurement.ts';
import type { Figure } from '../result/figure.ts';
import { printFigures } from '../result/table.ts';
import { interleave } from '../runner/interleave.ts';
import { recordOf } from '../runner/record.ts';
import { quantile } from '../runner/statistics.ts';
import { storedChunk } from './chunk.ts';
import { rawKeys, rawPut } from './raw.ts';
import { type Bucket, whyNoBucket, withBucket } from './with-bucket.ts';

const RECORD = recordOf(256);
const PREFIX = 'log/';
export const IDLE_LOAD = '256 bytes, 1 at a time';
const PERCENTILES = { p50: 0.5, p99: 0.99 } as const;

/** One small append after the other, against puts of objects of the same size. */
export const s3Latency: Measurement = {
  name: 's3-latency',
  title: 'how long an append to a bucket takes while nothing else is under way, against a raw put',
  whyNot: whyNoBucket,
  run: (settings) =>
    withBucket(settings, async (bucket) => {
      const { client, name } = bucket;
      const options = { bucket: name, client, prefix: PREFIX, compactAfterChunks: 0 };
      await using log = await openS3Log(options);
      return await measure(bucket, log, settings);
    }),
};

async function measure(
  bucket: Bucket,
  log: S3Log,
  { rounds, roundMs }: Settings,
): Promise<Figure[]> {
  const chunk = await storedChunk(bucket, PREFIX, log, [RECORD]);
  const body = recordOf(chunk.size);
  const nextKey = rawKeys('raw/', chunk);
  const cells = [
    { name: 's3log', run: () => timesOf(roundMs, () => log.append(RECORD)) },
    { name: 'raw', run: () => timesOf(roundMs, () => rawPut(bucket, nextKey(), body)) },
  ];
  await interleave(cells, 1); // Warms up.
  const results = await interleave(cells, 2 * rounds);
  const figures = [...results].flatMap(([contender, times]) =>
    Object.entries(PERCENTILES).map(
      ([metric, q]): Figure => ({
        measurement: 's3-latency',
        load: IDLE_LOAD,
        contender,
        metric,
        unit: 'ms',
        rounds: times.map((round) => quantile(round, q)),
      }),
    ),
  );
  printFigures('s3-latency', figures);
  return figures;
}

/** In milliseconds. */
async function timesOf(durationMs: number, one: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  const endsAt = performance.now() + durationMs;
  for (let startedAt = performance.now(); startedAt < endsAt; ) {
    await one();
    const doneAt = performance.now();
    times.push(doneAt - startedAt);
    startedAt = doneAt;
  }
  return times;
}
