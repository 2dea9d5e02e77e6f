import { openS3Log } from '@wal/s3log';
import type { Measurement } from '../measurement.ts';
import { measureReplay } from '../measurements/replay.ts';
import { CHUNK, CHUNK_BYTES } from './chunk.ts';
import { AT_ONCE } from './distances.ts';
import { inParallel } from './in-parallel.ts';
import { whyNoBucket, withBucket } from './with-bucket.ts';

const BYTES = 5e9;
const QUICK_BYTES = 64e6;
const PREFIX = 'log/';
export const LARGE_LOAD = '5 GB';

/** What a replay of a large log holds in memory. The server holds all of it in its own. */
export const s3Memory: Measurement = {
  name: 's3-memory',
  title: 'memory over a replay of 5 GB from a bucket',
  nodeOptions: ['--expose-gc'],
  whyNot: whyNoBucket,
  run: (settings) =>
    withBucket(settings, async ({ name, client }) => {
      const options = { bucket: name, client, prefix: PREFIX };
      const chunks = Math.ceil((settings.quick ? QUICK_BYTES : BYTES) / CHUNK_BYTES);
      const log = await openS3Log(options);
      let left = chunks;
      await inParallel(AT_ONCE, () => (left-- > 0 ? log.append(CHUNK) : undefined));
      await log.close();
      return await measureReplay({
        measurement: 's3-memory',
        load: settings.quick ? 'small' : LARGE_LOAD,
        contender: 's3log',
        records: chunks * CHUNK.length,
        open: () => openS3Log({ ...options, readOnly: true }),
      });
    }),
};
