import type { openS3Log } from '@wal/s3log';
import { expect } from 'vitest';
import { SimRun } from './sim-run.ts';

const { S3LOG_SEEDS, S3LOG_SEED } = process.env;
/** How many seeds, and from which on. */
const SEEDS = Number(S3LOG_SEEDS ?? 10_000);
const FIRST_SEED = Number(S3LOG_SEED ?? 1 + Math.floor(Math.random() * 1e9));
const MOST_SHOWN = 10;

/** Lets a log live through every seed; rejects with what was found, and how to find it again. */
export async function liveSeeds(open: typeof openS3Log, what: string): Promise<void> {
  const failures: string[] = [];
  const startMs = Date.now();
  let events = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    const run = new SimRun(seed, open);
    await run.run().catch((error: Error) => failures.push(explained(error, seed)));
    events += run.world.events;
  }
  const took = `${events} events, ${Date.now() - startMs} ms`;
  console.log(`${what}: ${SEEDS} seeds from ${FIRST_SEED} on, ${took}, ${failures.length} failed`);
  // As the message, so that a report of any kind names the seeds.
  expect(failures.length, failures.slice(0, MOST_SHOWN).join('\n')).toBe(0);
}

function explained({ message }: Error, seed: number): string {
  return `${message}\nTo replay it: S3LOG_SEED=${seed} S3LOG_SEEDS=1 npm test -- s3log/test/simulation`;
}
