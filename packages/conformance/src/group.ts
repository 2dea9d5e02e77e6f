import type { ClauseSubject, ClauseTest } from './clause-test.ts';
import type { LogFixture } from './fixture.ts';
import { type ConformanceReport, createReport, reasonToSkip, summaryOf } from './report.ts';
import type { TestRunner } from './test-runner.ts';

/** Nothing here can switch a test off: a lower `runs` than the suite's own is raised to it. */
export interface ConformanceOptions {
  /** The seed of everything random, to replay a run that failed. Default: a new one every time. */
  readonly seed?: number | undefined;
  /** How many random runs the model makes, at least {@link MIN_MODEL_RUNS}. */
  readonly runs?: number | undefined;
  /** How many times the crash group's own number of crashes it makes, at least 1. */
  readonly crashScale?: number | undefined;
}

/** The random runs of the model when no more are asked for. */
export const MIN_MODEL_RUNS = 40;

/** The tests of one part of the contract. Called, it registers these alone. */
export interface ConformanceGroup {
  (runner: TestRunner, fixture: LogFixture, options?: ConformanceOptions): ConformanceReport;
  readonly groupName: string;
  readonly tests: readonly ClauseTest[];
}

/** Makes a group of its tests. */
export function defineGroup(groupName: string, tests: readonly ClauseTest[]): ConformanceGroup {
  const group = (runner: TestRunner, fixture: LogFixture, options?: ConformanceOptions) =>
    registerGroups(`conformance of ${fixture.name}, group ${groupName}`, [self], {
      runner,
      fixture,
      options,
    });
  const self: ConformanceGroup = Object.assign(group, { groupName, tests });
  return self;
}

/** With what {@link registerGroups} works. */
export interface Registration {
  readonly runner: TestRunner;
  readonly fixture: LogFixture;
  readonly options: ConformanceOptions | undefined;
}

/** Registers groups under one title, and after them the test whose title says what was skipped. */
export function registerGroups(
  title: string,
  groups: readonly ConformanceGroup[],
  { runner, fixture, options }: Registration,
): ConformanceReport {
  const seed = options?.seed ?? Math.floor(Math.random() * 0x7fffffff);
  const runs = atLeast(MIN_MODEL_RUNS, options?.runs);
  const crashScale = atLeast(1, options?.crashScale);
  const { capabilities } = fixture;
  // Made before anything is registered: many runners call the bodies of `describe` later.
  const report = createReport(fixture, groups, seed);
  let crashStates = 0;
  const countCrashStates = (states: number): void => {
    crashStates += states;
  };
  runner.describe(title, () => {
    for (const group of groups) {
      runner.describe(group.groupName, () => {
        for (const test of group.tests) {
          const reason = reasonToSkip(test, capabilities);
          const name = `${test.clause} ${test.title}`;
          if (reason !== undefined) runner.test(`${name} [skipped: ${reason}]`, async () => {});
          else
            runner.test(name, () =>
              runTest(test, fixture, { seed, runs, crashScale, countCrashStates }),
            );
        }
      });
    }
    const summary = summaryOf(title, report);
    runner.test(summary, async () => {
      if (!report.full) console.warn(summary);
      if (crashStates > 0) console.log(`${title}: ${crashStates} crash states judged`);
    });
  });
  return report;
}

/** `asked` if that is a number above `floor`; not `Math.max`, which would let NaN through. */
function atLeast(floor: number, asked: number | undefined): number {
  return asked !== undefined && asked > floor ? Math.floor(asked) : floor;
}

/** Runs a test in a place of its own, and removes the place whatever happens. */
async function runTest(
  test: ClauseTest,
  fixture: LogFixture,
  rest: Pick<ClauseSubject, 'seed' | 'runs' | 'crashScale' | 'countCrashStates'>,
): Promise<void> {
  const place = await fixture.place();
  let failed = true;
  try {
    await test.body({ place, fixture, capabilities: fixture.capabilities, ...rest });
    failed = false;
  } finally {
    // A test that failed says why itself: an error of the removal would hide that.
    const removed = place.destroy();
    await (failed ? removed.catch(() => {}) : removed);
  }
}
