import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as nodeTest from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CONFORMANCE_GROUPS, logConformance, type TestRunner } from '@wal/conformance';
import type * as vitest from 'vitest';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { arrayFixture } from './array-fixture.ts';
import { CollectingRunner } from './collecting-runner.ts';

const require = createRequire(import.meta.url);

/** What mocha, jasmine and jest have in common, as their types have it. */
interface MochaLike {
  describe(title: string, fn: (this: { timeout(ms: number): void }) => void): object;
  it(
    title: string,
    fn?: (this: { skip(): never }, done: (error?: unknown) => void) => unknown,
  ): object;
}

describe('the test runners that fit', () => {
  test('vitest, node:test, and mocha and its kin, by their types', () => {
    expectTypeOf<Pick<typeof vitest, 'describe' | 'test'>>().toExtend<TestRunner>();
    expectTypeOf<Pick<typeof nodeTest, 'describe' | 'test'>>().toExtend<TestRunner>();
    expectTypeOf<{
      describe: MochaLike['describe'];
      test: MochaLike['it'];
    }>().toExtend<TestRunner>();
  });

  test('node:test runs the whole suite', async () => {
    const run = promisify(execFile);
    const tsc = join(require.resolve('typescript/package.json'), '../bin/tsc');
    const project = fileURLToPath(new URL('node-test', import.meta.url));
    await run(process.execPath, [tsc, '-b', project]);
    const compiled = new URL('../dist/test-types/node-test/node-test/suite.js', import.meta.url);
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const args = ['--test', '--test-reporter=tap', fileURLToPath(compiled)];
    const { stdout } = await run(process.execPath, args, { env, maxBuffer: 100_000_000 });

    const runner = new CollectingRunner();
    logConformance(runner, arrayFixture('a log in an array'));
    for (const { title } of runner.tests) expect(stdout).toContain(title.replaceAll('#', '\\#'));
    expect(stdout).toMatch(new RegExp(`^# tests ${runner.tests.length}$`, 'm'));
    expect(stdout).toMatch(new RegExp(`^# pass ${runner.tests.length}$`, 'm'));
  });

  test('a mocha-like one, which calls the bodies of describe later, runs it too', async () => {
    const bodies: (() => void)[] = [];
    const tests: ((this: object) => unknown)[] = [];
    const mochaLike: MochaLike = {
      describe(_title, fn) {
        bodies.push(() => fn.call({ timeout() {} }));
        return {};
      },
      it(_title, fn) {
        if (fn !== undefined) tests.push(fn as (this: object) => unknown);
        return {};
      },
    };
    const { describe, it } = mochaLike;
    const report = logConformance({ describe, test: it }, arrayFixture('a log in an array'));
    expect(report.tested.length).toBeGreaterThan(50);
    for (let body = bodies.shift(); body !== undefined; body = bodies.shift()) body();
    expect(tests.length).toBeGreaterThan(200);
    for (const body of tests) expect(body.length).toBe(0);
    for (const body of tests) await body.call({});
  });

  test('one group runs alone', async () => {
    for (const group of CONFORMANCE_GROUPS) {
      const runner = new CollectingRunner();
      const report = group(runner, arrayFixture('a log in an array'));
      expect(runner.groups).toEqual([
        `conformance of a log in an array, group ${group.groupName}`,
        group.groupName,
      ]);
      expect(new Set(group.tests.map(({ clause }) => clause))).toEqual(new Set(report.tested));
      expect(runner.tests.at(-1)?.title).toBe(`${runner.groups[0]}: full`);
    }
  });
});
