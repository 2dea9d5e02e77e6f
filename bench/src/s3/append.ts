import { openS3Log } from '@wal/s3log';
import type { Measurement, Settings } from '../measurement.ts';
import type { Figure } from '../result/figure.ts';
import { printRates } from '../result/table.ts';
import { interleave } from '../runner/interleave.ts';
import { recordOf } from '../runner/record.ts';
import { CHUNK, CHUNK_BYTES, storedChunk } from './chunk.ts';
import { AT_ONCE, atBothDistances } from './distances.ts';
import { inParallel } from './in-parallel.ts';
import { rawKeys, rawPut } from './raw.ts';
import { type Bucket, emptyPrefix, whyNoBucket, withBucket } from './with-bucket.ts';

/** So many make appends: what is stored waits for its turn to be acknowledged, and others are to be ready meanwhile. */
const CALLERS = 2 * AT_ONCE;
/** A round is longer than those of a disk: a store takes large objects, and a log acknowledges some of them together. */
const ROUNDS_LONGER = 5;

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
  const rate = await rateOf(CALLERS, durationMs, () => log.append(CHUNK));
  await log.close();
  return rate;
}

/** Objects as large as the log's, under keys as long, each under way with bytes of its own, as chunks are. */
async function putFor(bucket: Bucket, prefix: string, durationMs: number): Promise<number> {
  const { client, name } = bucket;
  const log = await openS3Log({ bucket: name, client, prefix });
  const chunk = await storedChunk(bucket, prefix, log, CHUNK);
  await log.close();
  const bodies = Array.from({ length: AT_ONCE }, () => recordOf(chunk.size));
  const nextKey = rawKeys(`${prefix}raw/`, chunk);
  return await rateOf(AT_ONCE, durationMs, async () => {
    const body = bodies.pop() ?? recordOf(chunk.size);
    await rawPut(bucket, nextKey(), body);
    bodies.push(body);
  });
}

/** Megabytes of records a second in the middle of a load: it warms up before, and what is under way at its end is waited for. */
async function rateOf(
  workers: number,
  durationMs: number,
  one: () => Promise<unknown>,
): Promise<number> {
  const warmAt = performance.now() + durationMs / 5;
  let startedAt: number | undefined;
  let tookMs = 0;
  let chunks = 0;
  // From one end of a chunk to another.
  const count = (): void => {
    const now = performance.now();
    if (now < warmAt || tookMs >= durationMs) return;
    if (startedAt === undefined) {
      startedAt = now;
      return;
    }
    tookMs = now - startedAt;
    chunks++;
  };
  await inParallel(workers, () => (tookMs < durationMs ? one().then(count) : undefined));
  return (chunks * CHUNK_BYTES) / 1e3 / tookMs;
}
