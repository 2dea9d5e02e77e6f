import { afterAll, describe, expect, it } from 'vitest';
import { CrashRun } from './crash-run.ts';
import { PLANTED_BUGS, type PlantedBug } from './planted-bugs.ts';
import { ZombieRun } from './zombie-run.ts';

const MAX_RUNS = 400;
const convictions: Record<string, { runs: number; how: string }> = {};

/** The error of a run with the bug; `undefined` if the run found nothing. */
async function convict({ needs, wrap }: PlantedBug, seed: number): Promise<string | undefined> {
  const run =
    needs === 'zombie'
      ? new ZombieRun(seed, wrap)
      : new CrashRun(seed, {
          wrap,
          ...(needs === 'faults' && { hasFaults: true, faultRate: 0.05 }),
        });
  try {
    await run.run();
    return undefined;
  } catch (error) {
    return (error as Error).message.split('\n')[1] ?? '';
  }
}

describe('a planted bug is convicted', () => {
  it.each(PLANTED_BUGS.map((bug) => [bug.name, bug] as const))(
    '%s',
    { timeout: 10 ** 8 },
    async (name, bug) => {
      const first = 1; // What is judged is the judge: always by the same cases.
      let how: string | undefined;
      let runs = 0;
      while (how === undefined && runs < MAX_RUNS) how = await convict(bug, first + runs++);
      convictions[name] = { runs, how: how?.slice(0, 80) ?? 'not convicted' };
      expect(how, `not convicted in ${runs} runs`).toBeDefined();
    },
  );

  afterAll(() => {
    console.table(convictions);
  });
});
