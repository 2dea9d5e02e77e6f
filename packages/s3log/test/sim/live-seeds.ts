import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { BundledPrograms, type Replacement } from '@wal/test-harness';
import { expect } from 'vitest';
import type { LivesLine } from './lives-process.ts';

const { S3LOG_SEEDS, S3LOG_SEED } = process.env;
/** How many seeds, and from which on. */
const SEEDS = Number(S3LOG_SEEDS ?? 10_000);
const FIRST_SEED = Number(S3LOG_SEED ?? 1 + Math.floor(Math.random() * 1e9));
const MOST_SHOWN = 10;
/** All that is made in a life goes with it: room for it, so that little of it is moved before. */
const NODE_ARGUMENTS = ['--no-warnings', '--max-semi-space-size=64'];

/**
 * Lets a log live through every seed, in a process of its own, where what it imports costs less; rejects with what was found, and how
 * to find it again.
 * @param replacements what is changed in the log's source
 */
export async function liveSeeds(
  what: string,
  replacements: readonly Replacement[] = [],
): Promise<void> {
  const bundled = await BundledPrograms.create({
    folder: 'packages/s3log/test/sim',
    programs: ['lives-process'],
    changed: { name: 's3log', replacements },
  });
  try {
    const script = bundled.script('lives-process');
    const numbers = [FIRST_SEED, SEEDS].map(String);
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...NODE_ARGUMENTS, script, ...numbers],
      { maxBuffer: Number.POSITIVE_INFINITY },
    );
    report(what, JSON.parse(stdout) as LivesLine);
  } finally {
    bundled.remove();
  }
}

function report(what: string, { events, ms, failures }: LivesLine): void {
  const took = `${events} events, ${Math.round(ms)} ms`;
  console.log(`${what}: ${SEEDS} seeds from ${FIRST_SEED} on, ${took}, ${failures.length} failed`);
  const shown = failures.slice(0, MOST_SHOWN).map(({ seed, message }) => {
    return `${message}\nTo replay it: S3LOG_SEED=${seed} S3LOG_SEEDS=1 npm test -- s3log/test/simulation`;
  });
  // As the message, so that a report of any kind names the seeds.
  expect(failures.length, shown.join('\n')).toBe(0);
}
