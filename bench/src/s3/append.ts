import { openS3Log } from '@wal/s3log';
import type { Measurement, Settings } from '../measurement.ts';
import type { Figure } from '../result/figure.ts';
import { printRates } from '../result/table.ts';
import { interleave } from '../runner/interleave.ts';
import { recordOf } from '../runner/record.ts';
import { CHUNK, CHUNK_BYTES, objectBytes } from './chunk.ts';
import { AT_ONCE, atBothDistances } from './distances.ts';
import { inParallel } from './in-parallel.ts';
import { rawPut } from './raw.ts';
import { type Bucket, emptyPrefix, whyNoBucket, withBucket } from './with-bucket.ts';

/** So many make appends: what is stored waits for its turn to be acknowledged, and others are to be ready meanwhile. */
const CALLERS = 2 * AT_ONCE;
/** A round is longer than those of a disk: at its end the last requests are waited for. */
const ROUNDS_LONGER = 3;

/** Appends that fill chunks, against puts of objects of the same size. */
export const s3Append: Measurement = {
  name: 's3-append',
  title: `appends to a bucket, against ${AT_ONCE} raw puts at once, near and far`,
  whyNot: whyNoBucket,
  run: (settings) =>
    withBucket(settings, (near) =>
      atBothDistances(near, (load, bucket) => measure(load, bucket, settings)),
    ),
};

async function measure(
  load: string,
  bucket: Bucket,
  { rounds, roundMs }: Settings,
): Promise<Figure[]> {
  const durationMs = roundMs * ROUNDS_LONGER;
  let prefixes = 0;
  const cellOf = (name: string, run: typeof appendFor) => ({
    name,
    run: async (): Promise<number> => {
      const prefix = `${load}/${prefixes++}/`;
      const rate = await run(bucket, prefix, durationMs);
      await emptyPrefix(bucket, prefix);
      return rate;
    },
  });
  const cells = [cellOf('s3log', appendFor), cellOf('raw', putFor)];
  await interleave(cells, 1); // Warms up.
  const figures = [...(await interleave(cells, rounds))].map(
    ([contender, rates]): Figure => ({
      measurement: 's3-append',
      load,
      contender,
      metric: 'throughput',
      unit: 'MB/s',
      rounds: rates,
    }),
  );
  printRates(`s3-append, ${load}`, figures);
  return figures;
}

async function appendFor(bucket: Bucket, prefix: string, durationMs: number): Promise<number> {
  const { client, name } = bucket;
  const log = await openS3Log({ bucket: name, client, prefix, maxInFlight: AT_ONCE });
  const append = (): Promise<unknown> => log.append(CHUNK);
  await rateOf(CALLERS, durationMs / 5, append); // Warms up.
  const rate = await rateOf(CALLERS, durationMs, append);
  await log.close();
  return rate;
}

/** Objects as large as the log's, each under way with bytes of its own, as chunks are. */
async function putFor(bucket: Bucket, prefix: string, durationMs: number): Promise<number> {
  const { client, name } = bucket;
  const log = await openS3Log({ bucket: name, client, prefix });
  const bytes = await objectBytes(bucket, prefix, log, CHUNK);
  await log.close();
  const bodies = Array.from({ length: AT_ONCE }, () => recordOf(bytes));
  let keys = 0;
  const put = async (): Promise<void> => {
    const body = bodies.pop() ?? recordOf(bytes);
    await rawPut(bucket, `${prefix}raw/${keys++}`, body);
    bodies.push(body);
  };
  await rateOf(AT_ONCE, durationMs / 5, put); // Warms up.
  return await rateOf(AT_ONCE, durationMs, put);
}

/** Megabytes of records a second, of one chunk after the other. */
async function rateOf(
  workers: number,
  durationMs: number,
  one: () => Promise<unknown>,
): Promise<number> {
  const startedAt = performance.now();
  const endsAt = startedAt + durationMs;
  let chunks = 0;
  await inParallel(workers, () => {
    if (performance.now() >= endsAt) return undefined;
    chunks++;
    return one();
  });
  return (chunks * CHUNK_BYTES) / 1e3 / (performance.now() - startedAt);
}
