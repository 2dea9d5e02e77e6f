import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compileForProcesses } from '../support/compiled-sources.ts';
import { temporaryDirectory } from '../support/temporary-log.ts';
import { WorkloadModel } from '../support/workload.ts';
import { leaveCutOff } from './cut-off-log.ts';
import { runInjected, type Scenario } from './injection.ts';
import { extentOf, matching, planInjections } from './injection-plan.ts';
import { type Prepare, sweep } from './injection-sweep.ts';
import { skipNote } from './programs.ts';
import { recovery, wholeLife } from './scenario.ts';
import { whyNoStrace } from './strace.ts';

const { KERNEL_FAULTS, KERNEL_SEED, KERNEL_ONLY } = process.env;
/** `KERNEL_ONLY='fdatasync EIO at 19 and after'` makes one injection again; a pattern, several. */
const EXTENT = extentOf(KERNEL_ONLY === undefined ? KERNEL_FAULTS : 'all');
const SEED = Number(KERNEL_SEED ?? Math.floor(Math.random() * 1e6));
/** How many of the injections may not come to anything. */
const MAX_MISSED = 0.02;
const LIMIT_MS = EXTENT === 'all' ? 21_600_000 : 900_000;

const reason = await whyNoStrace();

compileForProcesses();

/**
 * Looks on once, so that the calls to fail are known, then lets them fail. Of `few` this is one of two scenarios that take
 * turns: each kind of error comes in one of them, for now and for good.
 */
async function sweepScenario(prepare: Prepare, what: string, turn: 0 | 1) {
  const quiet = await runInjected(await prepare('quiet'), undefined);
  expect(quiet).toMatchObject({ injected: 0, codes: [], violation: undefined });
  const planned = matching(planInjections(quiet.calls, EXTENT, SEED), KERNEL_ONLY);
  const injections = planned.filter(
    (_, i) => EXTENT !== 'few' || (Math.floor(i / 2) + SEED) % 2 === turn,
  );
  const tally = await sweep(injections, quiet.calls, prepare);
  console.log(`${what}, ${EXTENT}, seed ${SEED}: ${tally}`);
  expect(tally.violations).toEqual([]);
  expect(tally.missedWays).toEqual([]);
  // Of what is done in the background some calls come in some runs only, whether or not anything fails.
  expect(tally.missed.length).toBeLessThanOrEqual(injections.length * MAX_MISSED);
  return quiet;
}

describe.skipIf(reason !== undefined)(
  `a system that fails, call by call${skipNote(reason)}`,
  () => {
    test(
      `ERRORS-2 APPEND-8 CRASH-1 in all that a log does, seed ${SEED}`,
      async () => {
        const root = await temporaryDirectory();
        const quiet = await sweepScenario(
          async (name) => {
            const directory = join(root, name);
            return { directory, calls: wholeLife(directory), before: new WorkloadModel(1, []) };
          },
          'a whole life',
          0,
        );
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
        await sweepScenario(
          async (name) => {
            const directory = join(root, name);
            await cp(left, directory, { recursive: true });
            return { directory, calls: recovery(directory), before };
          },
          'recovery',
          1,
        );
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
