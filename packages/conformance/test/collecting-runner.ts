import { setImmediate } from 'node:timers/promises';
import type { TestRunner } from '@wal/conformance';

export interface CollectedTest {
  readonly title: string;
  readonly body: () => Promise<void>;
}

/** What became of a test, and how many turns of the event loop it took. */
export interface TestOutcome {
  readonly title: string;
  readonly error: unknown;
  readonly turns: number;
}

/**
 * The turns of the event loop after which a test counts as hung. A log in an array makes its next step
 * in the turn after the last, so turns measure a test's work and not the speed or load of the machine.
 * `mutants.test.ts` asserts that no test of the correct log takes a tenth of them.
 */
export const MOST_TURNS = 100_000;

/** A runner that keeps the tests, to run them and look at what became of them. */
export class CollectingRunner implements TestRunner {
  readonly tests: CollectedTest[] = [];
  readonly groups: string[] = [];

  describe(name: string, body: () => void): void {
    this.groups.push(name);
    body();
  }

  test(title: string, body: () => Promise<void>): void {
    this.tests.push({ title, body });
  }

  /** Runs the tests one after the other. */
  async run(): Promise<TestOutcome[]> {
    const outcomes: TestOutcome[] = [];
    for (const test of this.tests) outcomes.push(await runOne(test));
    return outcomes;
  }
}

async function runOne({ title, body }: CollectedTest): Promise<TestOutcome> {
  const state: { settled: boolean; error: unknown } = { settled: false, error: undefined };
  body().then(
    () => {
      state.settled = true;
    },
    (error: unknown) => {
      state.settled = true;
      state.error = error;
    },
  );
  let turns = 0;
  while (!state.settled && turns < MOST_TURNS) {
    await setImmediate();
    turns++;
  }
  return { title, error: state.settled ? state.error : new Error('the test hangs'), turns };
}
