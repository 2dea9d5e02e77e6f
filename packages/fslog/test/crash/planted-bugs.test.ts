import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BuggyLog, runTrial, TRIAL_KINDS, type TrialKind } from './bug-trial.ts';
import { crashStates } from './crash-states.ts';
import { DistinctStates } from './distinct-states.ts';
import { type MutatedFsLog, mutatedFsLog } from './mutated-fs-log.ts';
import { PLANTED_BUGS } from './planted-bugs.ts';
import { SOURCE_MUTANTS } from './source-mutants.ts';

const MAX_RUNS = 400;
const ACQUITTING_RUNS = 2;
/** What is judged is the judge: always by the same cases. */
const FIRST_SEED = 1;
const timeout = 10 ** 8;

const convictions: Record<string, { where: string; by: string; runs: number; how: string }> = {};

let sources: MutatedFsLog;

beforeAll(async () => {
  sources = await mutatedFsLog();
});

beforeEach(() => {
  // How many power cuts a run tries depends on what was tried before.
  crashStates.judged = new DistinctStates();
});

afterAll(async () => {
  await sources.remove();
  console.table(convictions);
});

/** The error of a run with the bug; `undefined` if the run found nothing. */
async function findIn(kind: TrialKind, seed: number, log: BuggyLog): Promise<string | undefined> {
  try {
    await runTrial(kind, seed, log);
    return undefined;
  } catch (error) {
    return (error as Error).message.split('\n')[1] ?? '';
  }
}

/** Tries one seed after the other until a run finds something. */
async function convict(name: string, where: string, by: TrialKind, log: BuggyLog): Promise<void> {
  let how: string | undefined;
  let runs = 0;
  while (how === undefined && runs < MAX_RUNS) how = await findIn(by, FIRST_SEED + runs++, log);
  convictions[name] = { where, by, runs, how: how?.slice(0, 80) ?? 'not convicted' };
  expect(how, `not convicted in ${runs} runs`).toBeDefined();
  // A mutant that is no program any more would be convicted by anything.
  expect(how).not.toMatch(/(Type|Reference|Syntax)Error|is not a function/);
}

describe('a bug planted in what the log has for a disk is convicted', () => {
  it.each(PLANTED_BUGS.map((bug) => [bug.name, bug] as const))(
    '%s',
    { timeout },
    async (name, { needs, wrap }) => {
      await convict(name, 'disk', needs, { wrap });
    },
  );
});

describe("a bug planted in the log's own source is convicted", () => {
  it.each(SOURCE_MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
    '%s',
    { timeout },
    async (name, mutant) => {
      const { openFsLog: openLog } = await sources.load([mutant]);
      await convict(name, mutant.file, mutant.needs, { openLog });
    },
  );
});

it.each(TRIAL_KINDS)(
  'the source as it is, loaded the same way, is acquitted: %s',
  {
    timeout,
  },
  async (kind) => {
    const passage = 'const PATTERN = ';
    const same = { name: 'nothing', file: 'segment/segment-name.ts', from: passage, to: passage };
    const { openFsLog: openLog } = await sources.load([same]);
    for (let i = 0; i < ACQUITTING_RUNS; i++) {
      await runTrial(kind, FIRST_SEED + i, { openLog });
    }
  },
);
