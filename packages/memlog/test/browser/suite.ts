import { logConformance, type TestRunner } from '@wal/conformance';
import { memFixtures } from '../fixtures/mem-fixtures.ts';
import { coreFixture } from './core-fixture.ts';

/** What became of a test; as it crosses from a page to Node. */
export interface TestResult {
  readonly title: string;
  /** Why it failed. */
  readonly failure: string | undefined;
}

/** Runs the whole suite on core and memlog, one test after the other, wherever this is loaded. */
export async function runSuite(): Promise<readonly TestResult[]> {
  const results: TestResult[] = [];
  for (const { title, body } of collectTests()) {
    const failure = await body().then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error)),
    );
    results.push({ title, failure });
  }
  return results;
}

function collectTests(): readonly { title: string; body: () => Promise<void> }[] {
  const tests: { title: string; body: () => Promise<void> }[] = [];
  const path: string[] = [];
  const runner: TestRunner = {
    describe: (name, body) => {
      path.push(name);
      body();
      path.pop();
    },
    test: (name, body) => void tests.push({ title: [...path, name].join(' > '), body }),
  };
  for (const fixture of [coreFixture, ...memFixtures]) logConformance(runner, fixture);
  return tests;
}
