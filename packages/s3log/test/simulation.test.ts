import { openS3Log } from '@wal/s3log';
import { expect, it } from 'vitest';
import { SimRun } from './sim/sim-run.ts';

const SEEDS = Number(process.env['S3LOG_SEEDS'] ?? 300);
const FIRST_SEED = Number(process.env['S3LOG_SEED'] ?? 1);

it(`a log lives through ${SEEDS} seeds`, { timeout: 10 ** 8 }, async () => {
  const failures: string[] = [];
  const start = Date.now();
  let events = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    const run = new SimRun(seed, openS3Log);
    await run.run().catch((error: Error) => failures.push(error.message));
    events += run.world.events;
  }
  console.log(
    `${SEEDS} seeds, ${events} events, ${Date.now() - start} ms, ${failures.length} failures`,
  );
  expect(failures.slice(0, 10)).toEqual([]);
});
