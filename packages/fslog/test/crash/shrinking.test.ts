import { describe, expect, it } from 'vitest';
import { CrashRun, type CrashRunOptions } from './crash-run.ts';
import { replayCommand } from './exploration.ts';
import { CRASH_KINDS } from './kinds.ts';
import { PLANTED_BUGS } from './planted-bugs.ts';
import { Shrinker, showShrunk } from './shrinking.ts';

const MAX_RUNS = 100;

/** The first run that fails. */
async function failing(options: CrashRunOptions): Promise<{ run: CrashRun; seed: number }> {
  for (let seed = 1; seed <= MAX_RUNS; seed++) {
    const run = new CrashRun(seed, options);
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

describe('a run that fails', () => {
  it('is shrunk to the few operations and the one cut that it takes', {
    timeout: 10 ** 8,
  }, async () => {
    const bug = PLANTED_BUGS.find(({ name }) => name === 'segments are not synced');
    const options = { wrap: bug?.wrap as NonNullable<typeof bug>['wrap'] };
    const { run, seed } = await failing(options);
    const shrunk = await new Shrinker(seed, options).shrink(run);
    const operations = shrunk?.plan.flatMap(({ lives }) =>
      lives.flatMap((life) => life.operations),
    );
    expect(run.plan).toHaveLength(4);
    expect(shrunk?.plan).toHaveLength(1);
    expect(operations?.length).toBeLessThanOrEqual(2);
    expect(shrunk?.cut?.call).toBeLessThanOrEqual(run.failedCut?.call ?? 0);
    expect(showShrunk(shrunk as NonNullable<typeof shrunk>)).toMatch(
      /the power goes before call \d+ of process 1[\s\S]*undone: [\s\S]*process 1[\s\S]*append/,
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
