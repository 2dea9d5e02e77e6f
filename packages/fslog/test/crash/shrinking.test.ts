import { describe, expect, it } from 'vitest';
import type { CrashPlan } from './crash-plan.ts';
import { CrashRun, type CrashRunOptions } from './crash-run.ts';
import { crashStates } from './crash-states.ts';
import { DistinctStates } from './distinct-states.ts';
import { replayCommand } from './exploration.ts';
import { CRASH_KINDS } from './kinds.ts';
import { PLANTED_BUGS } from './planted-bugs.ts';
import { Shrinker, showShrunk } from './shrinking.ts';
import { showShrunkTakeovers, shrinkTakeovers } from './takeover-shrinking.ts';
import { ZombieRun } from './zombie-run.ts';

const MAX_RUNS = 100;
const FAILING_DISK = { hasFaults: true, faultRate: 0.05, generations: 2, cutsPerCall: 8 } as const;
/** Enough to see that it gets anywhere. */
const SOME_RUNS = 60;

const failing = (options: CrashRunOptions) => firstFailing((seed) => new CrashRun(seed, options));

const operationsOf = (plan: CrashPlan) =>
  plan.flatMap(({ lives }) => lives.flatMap(({ operations }) => operations));

/** The first run that fails. */
async function firstFailing<T extends { run(): Promise<unknown> }>(
  runOf: (seed: number) => T,
): Promise<{ run: T; seed: number }> {
  for (let seed = 1; seed <= MAX_RUNS; seed++) {
    const run = runOf(seed);
    if (
      await run.run().then(
        () => false,
        () => true,
      )
    )
      return { run, seed };
  }
  throw new Error(`nothing has failed in ${MAX_RUNS} runs`);
}

describe('a run on a failing disk', () => {
  it('has the same calls fail, however many power cuts are tried beside it', async () => {
    for (const seed of [1, 2]) {
      const faultyCalls: number[][][] = [];
      for (const cutsPerCall of [0, 6, 24]) {
        crashStates.judged = new DistinctStates();
        const run = new CrashRun(seed, { ...FAILING_DISK, cutsPerCall });
        await run.run();
        faultyCalls.push(run.faultyCalls);
      }
      expect(faultyCalls[0]?.flat()).not.toEqual([]);
      expect(faultyCalls[1]).toEqual(faultyCalls[0]);
      expect(faultyCalls[2]).toEqual(faultyCalls[0]);
    }
  });
});

describe('a run with stalled owners', () => {
  it('is the same, whatever was seen before', { timeout: 10 ** 8 }, async () => {
    for (let seed = 1; seed <= 6; seed++) {
      crashStates.judged = new DistinctStates();
      const first = new ZombieRun(seed);
      await first.run();
      const again = new ZombieRun(seed);
      await again.run();
      expect(again.calls).toEqual(first.calls);
    }
  });
});

describe('a run that fails', () => {
  it('is shrunk to the few operations and the one cut that it takes', {
    timeout: 10 ** 8,
  }, async () => {
    const bug = PLANTED_BUGS.find(({ name }) => name === 'segments are not synced');
    const options = { wrap: bug?.wrap as NonNullable<typeof bug>['wrap'] };
    const { run, seed } = await failing(options);
    const shrunk = await new Shrinker(seed, options).shrink(run);
    expect(run.plan).toHaveLength(4);
    expect(shrunk?.plan).toHaveLength(1);
    expect(operationsOf(shrunk?.plan ?? run.plan).length).toBeLessThanOrEqual(2);
    expect(shrunk?.cut?.call).toBeLessThanOrEqual(run.failedCut?.call ?? 0);
    expect(showShrunk(shrunk as NonNullable<typeof shrunk>)).toMatch(
      /the power goes before call \d+ of process 1[\s\S]*undone: [\s\S]*process 1[\s\S]*append/,
    );
  });

  it('on a failing disk is shrunk as well', { timeout: 10 ** 8 }, async () => {
    const bug = PLANTED_BUGS.find(({ name }) => name === 'a failed sync is tried again');
    const options = { ...FAILING_DISK, wrap: bug?.wrap as NonNullable<typeof bug>['wrap'] };
    const { run, seed } = await failing(options);
    const shrunk = await new Shrinker(seed, options, SOME_RUNS).shrink(run);
    const before = operationsOf(run.plan).length;
    expect(operationsOf(shrunk?.plan ?? run.plan).length).toBeLessThan(before);
  });

  it('of stalled owners is shrunk to two of them, and little that they do', {
    timeout: 10 ** 8,
  }, async () => {
    const bug = PLANTED_BUGS.find(({ name }) => name === 'an owner does not see who came after it');
    const options = { wrap: bug?.wrap as NonNullable<typeof bug>['wrap'] };
    const { run, seed } = await firstFailing((seed) => new ZombieRun(seed, options));
    const shrunk = await shrinkTakeovers(seed, options, run);
    const operations = shrunk?.plan.owners.flatMap(({ life }) => life.operations);
    expect(shrunk?.plan.owners).toHaveLength(2);
    expect(operations?.length).toBeLessThanOrEqual(4);
    expect(showShrunkTakeovers(shrunk as NonNullable<typeof shrunk>)).toMatch(
      /shrunk in \d+ runs:\n.*\nowner 1 \(stalls after \d+ calls\)\n {2}open\n[\s\S]*owner 2/,
    );
  });

  it('fails again from its seed alone, at the same cut', { timeout: 10 ** 8 }, async () => {
    const bug = PLANTED_BUGS.find(({ name }) => name === 'segments are not synced');
    const options = { wrap: bug?.wrap as NonNullable<typeof bug>['wrap'] };
    const { run, seed } = await failing(options);
    const again = new CrashRun(seed, options);
    await expect(again.run()).rejects.toThrow(`CRASH_SEED=${seed}`);
    expect(again.failedCut?.call).toBeGreaterThanOrEqual(run.failedCut?.call ?? 0);
  });

  it('says how to repeat it', () => {
    const [kind] = CRASH_KINDS;
    expect(replayCommand(kind as NonNullable<typeof kind>, 7)).toBe(
      'CRASH_SEED=7 npx vitest run packages/fslog/test/crash/synced.test.ts ' +
        "-t 'CRASH-1, CRASH-2, TRUNCATE-4, TRIM-3: synced appends'",
    );
  });
});
