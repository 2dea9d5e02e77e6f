import { openS3Log } from '@wal/s3log';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SMALLEST } from './sim/mutants.ts';
import { MutatedSources } from './sim/mutated-sources.ts';
import { SimRun } from './sim/sim-run.ts';

const { S3LOG_SEEDS, S3LOG_SEED } = process.env;
/** How many seeds, and from which on. */
const SEEDS = Number(S3LOG_SEEDS ?? 1_000);
const FIRST_SEED = Number(S3LOG_SEED ?? 1 + Math.floor(Math.random() * 1e9));
const MOST_SHOWN = 10;
const timeout = 10 ** 8;

let sources: MutatedSources;

beforeAll(async () => {
  sources = await MutatedSources.create();
});

afterAll(() => sources.remove());

async function live(open: typeof openS3Log, what: string): Promise<void> {
  const failures: string[] = [];
  const startMs = Date.now();
  let events = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    const run = new SimRun(seed, open);
    await run.run().catch((error: Error) => failures.push(error.message));
    events += run.world.events;
  }
  const took = `${events} events, ${Date.now() - startMs} ms`;
  console.log(`${what}: ${SEEDS} seeds from ${FIRST_SEED} on, ${took}, ${failures.length} failed`);
  expect(failures.slice(0, MOST_SHOWN)).toEqual([]);
}

it('the log as it is lives through every seed', { timeout }, () => live(openS3Log, 'as it is'));

it('so does one whose numbers are as small as they can be', { timeout }, async () => {
  await live(await sources.open(SMALLEST), 'as small as can be');
});
