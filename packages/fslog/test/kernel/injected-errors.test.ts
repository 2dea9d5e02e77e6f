import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compileForProcesses } from '../support/compiled-sources.ts';
import { temporaryDirectory } from '../support/temporary-log.ts';
import { seededRandom, WorkloadModel } from '../support/workload.ts';
import { leaveCutOff } from './cut-off-log.ts';
import {
  canLast,
  describeInjection,
  FAULTS,
  type Injection,
  isPossible,
  runInjected,
  type Scenario,
} from './injection.ts';
import { skipNote } from './programs.ts';
import { recovery, wholeLife } from './scenario.ts';
import { DISK_CALLS, type TracedCall, whyNoStrace } from './strace.ts';

const { KERNEL_FAULTS, KERNEL_SEED, KERNEL_SAMPLES, KERNEL_ONLY } = process.env;
/** `KERNEL_FAULTS=all`: every fault at every call. Otherwise every fault of every kind of call, at few of them. */
const IS_FULL = KERNEL_FAULTS === 'all';
const SEED = Number(KERNEL_SEED ?? Math.floor(Math.random() * 1e6));
const SAMPLES = Number(KERNEL_SAMPLES ?? 1);
// With `KERNEL_FAULTS=all`, `KERNEL_ONLY='fdatasync EIO at 19 and after'` makes one injection again; a pattern, several.
const AT_ONCE = 2;
const LIMIT_MS = IS_FULL ? 7_200_000 : 300_000;

const reason = whyNoStrace();

compileForProcesses();

/** The injections to make in a scenario that made `calls` when nothing failed. */
function chooseInjections(calls: readonly TracedCall[], random: (n: number) => number) {
  const chosen: Injection[] = [];
  for (const name of DISK_CALLS) {
    const places = calls.filter((call) => call.name === name);
    // Where the pool wakes the main thread there is nothing of the log's to fail.
    const ats = places.flatMap(({ text }, i) => (text.includes('eventfd') ? [] : [i + 1]));
    for (const fault of FAULTS.filter((each) => isPossible(name, each))) {
      const modes = canLast(name, fault) ? [false, true] : [false];
      for (const isLasting of modes) {
        const rest = [...ats];
        const count = IS_FULL ? rest.length : Math.min(SAMPLES, rest.length);
        for (let i = 0; i < count; i++) {
          const [at = 1] = rest.splice(random(rest.length), 1);
          chosen.push({ name, fault, at, isLasting });
        }
      }
    }
  }
  return KERNEL_ONLY === undefined
    ? chosen
    : chosen.filter((each) => new RegExp(`^${KERNEL_ONLY}$`).test(describeInjection(each)));
}

class Tally {
  runs = 0;
  injected = 0;
  /** Runs where the call did not come, or another one had its place. */
  missed = 0;
  readonly codes = new Map<string, number>();
  readonly violations: string[] = [];

  toString(): string {
    const codes = [...this.codes].sort().map(([code, count]) => `${code} ${count}`);
    return (
      `${this.runs} runs, ${this.injected} injections, ${this.missed} runs without one; ` +
      `rejections: ${codes.join(', ')}`
    );
  }
}

async function sweep(
  injections: readonly Injection[],
  prepare: (name: string) => Promise<Scenario>,
): Promise<Tally> {
  const tally = new Tally();
  const queue = injections.entries();
  const work = async (): Promise<void> => {
    for (const [i, injection] of queue) {
      const scenario = await prepare(String(i));
      const { injected, codes, violation } = await runInjected(scenario, injection);
      tally.runs++;
      tally.injected += injected;
      if (injected === 0) tally.missed++;
      for (const code of codes) tally.codes.set(code, (tally.codes.get(code) ?? 0) + 1);
      if (violation !== undefined) {
        const what = `${describeInjection(injection)}: ${violation}`;
        console.warn(what); // A full sweep takes a while.
        tally.violations.push(what.slice(0, what.indexOf('\n')));
      }
      await rm(scenario.directory, { recursive: true, force: true });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return tally;
}

/** Looks on once, so that the calls to fail are known, then lets them fail. */
async function sweepScenario(prepare: (name: string) => Promise<Scenario>, what: string) {
  const quiet = await runInjected(await prepare('quiet'), undefined);
  expect(quiet).toMatchObject({ injected: 0, codes: [], violation: undefined });
  const injections = chooseInjections(quiet.calls, seededRandom(SEED));
  const tally = await sweep(injections, prepare);
  console.log(`${what}, seed ${SEED}: ${tally}`);
  expect(tally.violations).toEqual([]);
  // What is done in the background comes now before, now after.
  expect(tally.missed).toBeLessThanOrEqual(tally.runs / 4);
  return { quiet, tally };
}

describe.skipIf(reason !== undefined)(
  `a system that fails, call by call${skipNote(reason)}`,
  () => {
    test(
      `ERRORS-2 APPEND-8 CRASH-1 in all that a log does, seed ${SEED}`,
      async () => {
        const root = await temporaryDirectory();
        const { quiet } = await sweepScenario(async (name) => {
          const directory = join(root, name);
          return { directory, calls: wholeLife(directory), before: new WorkloadModel(1, []) };
        }, 'a whole life');
        const names = new Set(quiet.calls.map(({ name }) => name));
        for (const name of [
          'openat',
          'pread64',
          'pwrite64',
          'fdatasync',
          'ftruncate',
          'unlink',
        ] as const) {
          expect(names).toContain(name);
        }
      },
      LIMIT_MS,
    );

    test(
      `OPEN-4 CRASH-2 in opening what a killed process left, seed ${SEED}`,
      async () => {
        const root = await temporaryDirectory();
        const left = join(root, 'left');
        const before = await leaveCutOff(left);
        await sweepScenario(async (name) => {
          const directory = join(root, name);
          await cp(left, directory, { recursive: true });
          return { directory, calls: recovery(directory), before };
        }, 'recovery');
      },
      LIMIT_MS,
    );

    test('a log that ignores failed writes is convicted', async () => {
      const root = await temporaryDirectory();
      const scenarioOf = (name: string): Scenario => {
        const directory = join(root, name);
        const calls = wholeLife(directory, 'ignores failed writes');
        return { directory, calls, before: new WorkloadModel(1, []) };
      };
      const quiet = await runInjected(scenarioOf('quiet'), undefined);
      expect(quiet.violation).toBeUndefined();
      const writes = quiet.calls.filter(({ name }) => name === 'pwrite64');
      const ofSegments = [...writes.keys()].filter((i) => writes[i]?.text.includes('.wal>'));
      const violations: (string | undefined)[] = [];
      for (const i of ofSegments.slice(0, 6)) {
        const injection = { name: 'pwrite64', fault: 'EIO', at: i + 1, isLasting: false } as const;
        violations.push((await runInjected(scenarioOf(String(i)), injection)).violation);
      }
      console.log(
        `a log that ignores failed writes: ${violations.join('; ')}`.replaceAll(/\n.*/g, ''),
      );
      expect(violations.join()).toMatch(/found .* which is none of|not what was acknowledged/);
    });

    test('a log that leaves its files open is convicted', async () => {
      const directory = join(await temporaryDirectory(), 'log');
      const calls = wholeLife(directory, 'closes no file');
      const run = await runInjected(
        { directory, calls, before: new WorkloadModel(1, []) },
        undefined,
      );
      expect(run.violation).toMatch(/left open: .*\.wal/);
    });
  },
);
