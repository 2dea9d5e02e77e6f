import { openS3Log } from '@wal/s3log';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Mutant } from './sim/mutant.ts';
import { MUTANTS, SMALLEST } from './sim/mutants.ts';
import { type MutatedS3Log, mutatedS3Log } from './sim/mutated-s3-log.ts';
import { SimRun } from './sim/sim-run.ts';

const { S3LOG_MUTANT_SEEDS } = process.env;
/** What is judged is the judge: always by the same seeds. */
const FIRST_SEED = 1;
const MOST_SEEDS = Number(S3LOG_MUTANT_SEEDS ?? 10_000);
const ACQUITTING_SEEDS = 100;
const timeout = 10 ** 8;

const convictions: Record<string, { seeds: number; how: string }> = {};
let sources: MutatedS3Log;

beforeAll(async () => {
  sources = await mutatedS3Log();
});

afterAll(async () => {
  await sources.remove();
  console.table(convictions);
});

async function findingOf(seed: number, open: typeof openS3Log): Promise<string | undefined> {
  try {
    await new SimRun(seed, open).run();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('a bug planted in the source is convicted', () => {
  it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
    '%s',
    { timeout },
    async (name, { replacements, scenario }) => {
      // A scenario makes what the simulation would not meet in time, with the numbers as they are.
      const smallest = scenario === undefined ? SMALLEST : [];
      const { openS3Log: open } = await sources.load([...smallest, ...replacements]);
      let how: string | undefined;
      let seeds = 0;
      if (scenario !== undefined) {
        const [right, found] = [await scenario(openS3Log), await scenario(open)];
        if (found !== right) how = `gives ${found}, and must give ${right}`;
      }
      while (scenario === undefined && how === undefined && seeds < MOST_SEEDS) {
        how = await findingOf(FIRST_SEED + seeds++, open);
      }
      convictions[name] = { seeds, how: how?.slice(0, 100) ?? 'not convicted' };
      expect(how, `not convicted in ${seeds} seeds`).toBeDefined();
      // A mutant that is no program any more would be convicted by anything.
      expect(how).not.toMatch(/(Type|Reference|Syntax)Error|is not a function/);
    },
  );
});

/** What its clients saw is enough for these, without a look at what is stored. */
const SEEN_BY_CLIENTS = [
  'a claim is not verified',
  'acknowledged as they land, not in slot order',
  'an occupied slot is taken for success',
  'after a truncate the slots go on in the same epoch',
  'a chunk of unknown outcome is called absent',
  'an opener does not consider truncates',
];

describe('a bug leads to a history that no order explains', () => {
  it.each(SEEN_BY_CLIENTS)('%s', { timeout }, async (name) => {
    const { replacements } = MUTANTS.find((mutant) => mutant.name === name) as Mutant;
    const { openS3Log: open } = await sources.load([...SMALLEST, ...replacements]);
    let unexplained: string | undefined;
    for (let seed = FIRST_SEED; unexplained === undefined && seed < MOST_SEEDS; seed++) {
      const run = new SimRun(seed, open);
      await run.run().catch(() => undefined);
      unexplained = run.explain();
    }
    expect(unexplained).toBeDefined();
  });
});

it('the source as it is, with the smallest numbers, is acquitted', { timeout }, async () => {
  const { openS3Log: open } = await sources.load(SMALLEST);
  for (let seed = FIRST_SEED; seed < FIRST_SEED + ACQUITTING_SEEDS; seed++) {
    expect(await findingOf(seed, open)).toBeUndefined();
  }
});
