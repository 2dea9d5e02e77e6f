import { logConformance } from '@wal/conformance';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { arrayFixture, type OpenArrayLog } from './array-fixture.ts';
import { CollectingRunner, MOST_TURNS, type TestOutcome } from './collecting-runner.ts';
import { appendMutants, idMutants } from './mutants/append-mutants.ts';
import { limitMutants, trimMutants, truncateMutants } from './mutants/change-mutants.ts';
import { crashMutants } from './mutants/crash-mutants.ts';
import { abortMutants, errorMutants } from './mutants/error-mutants.ts';
import { followMutants, iterateMutants } from './mutants/iterator-mutants.ts';
import {
  closeMutants,
  metadataMutants,
  modelMutants,
  openMutants,
} from './mutants/lifecycle-mutants.ts';
import { orderMutants } from './mutants/order-mutants.ts';
import { readMutants } from './mutants/read-mutants.ts';

const MUTANTS = [
  ...idMutants,
  ...appendMutants,
  ...orderMutants,
  ...readMutants,
  ...iterateMutants,
  ...followMutants,
  ...truncateMutants,
  ...trimMutants,
  ...limitMutants,
  ...errorMutants,
  ...abortMutants,
  ...openMutants,
  ...metadataMutants,
  ...closeMutants,
  ...modelMutants,
  ...crashMutants,
];

/** Always the same: whether a mutant is convicted must not change from run to run. */
const SEED = 20_251_121;

async function outcomesOf(name: string, open?: OpenArrayLog): Promise<TestOutcome[]> {
  const runner = new CollectingRunner();
  logConformance(runner, arrayFixture(name, open), { seed: SEED });
  return runner.run();
}

function convicting(outcomes: readonly TestOutcome[]): string[] {
  const failed = outcomes.filter(({ error }) => error !== undefined);
  return [...new Set(failed.map(({ title }) => title.split(' ')[0] ?? ''))];
}

// A test that fails leaves calls behind that nobody waits for any more; their rejections are no news.
const ignore = (): void => {};
const listeners = process.listeners('unhandledRejection');
beforeAll(() => {
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', ignore);
});
afterAll(() => {
  process.removeAllListeners('unhandledRejection');
  for (const listener of listeners) process.on('unhandledRejection', listener);
});

describe('the suite', () => {
  test('acquits the correct log, in a tenth of the turns that convict one that hangs', async () => {
    const outcomes = await outcomesOf('correct');
    expect(outcomes.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(Math.max(...outcomes.map(({ turns }) => turns))).toBeLessThan(MOST_TURNS / 10);
  });

  const table: string[] = [];
  for (const { clause, name, open } of MUTANTS) {
    test(`${clause} convicts: ${name}`, async () => {
      const clauses = convicting(await outcomesOf(name, open));
      table.push(`${clause.padEnd(12)} ${name.padEnd(64)} ${clauses.join(' ')}`);
      expect(clauses).toContain(clause);
    });
  }

  test('has a mutant for every clause it tests', () => {
    console.info(`mutants and the clauses that convict them:\n${table.join('\n')}`);
    const { tested } = logConformance(new CollectingRunner(), arrayFixture('correct'));
    const broken = new Set(MUTANTS.map(({ clause }) => clause));
    expect(tested.filter((clause) => !broken.has(clause))).toEqual([]);
  });
});
