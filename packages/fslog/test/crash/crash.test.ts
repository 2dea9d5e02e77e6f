import { describe, expect, it } from 'vitest';
import { CrashRun, type CrashRunOptions } from './crash-run.ts';
import { seeds } from './environment.ts';
import { ZombieRun } from './zombie-run.ts';

/*
 * Random runs on the simulated disk: CRASH_SCALE=100 for more of them, CRASH_SEED=<seed> to repeat one
 * that failed.
 */
const KINDS: readonly (readonly [string, number, CrashRunOptions])[] = [
  ['CRASH-1, CRASH-2, TRUNCATE-4, TRIM-3: synced appends', 5, {}],
  ['CRASH-1: synced appends, no preallocation', 3, { preallocate: false }],
  ['CRASH-1, APPEND-8: synced appends, failing disk', 8, { hasFaults: true }],
  ['CRASH-1: a suffix at most since the last sync, interval', 2, { durability: { intervalMs: 5 } }],
  ['CRASH-1: a suffix at most since the last sync, none', 2, { durability: 'none' }],
  [
    'CRASH-1: a suffix at most since the last sync, none, failing disk',
    4,
    { durability: 'none', hasFaults: true },
  ],
];

describe('a log that is cut off at any call', () => {
  it.each(KINDS)('%s', { timeout: 10 ** 8 }, async (_, count, options) => {
    let states = 0;
    for (const seed of seeds(count)) states += await new CrashRun(seed, options).run();
    expect(states).toBeGreaterThan(0);
  });

  it('OPEN-2: an owner that was stalled acknowledges nothing that is lost', {
    timeout: 10 ** 8,
  }, async () => {
    for (const seed of seeds(20)) await new ZombieRun(seed).run();
  });
});
