import { type ClauseSubject, clauseNeeding, crashing, failingStorage } from '../clause-test.ts';
import { type CrashDriver, crashDriver } from '../crash/crash-driver.ts';
import { CRASH_SCRIPTS } from '../crash/crash-script.ts';
import { type ConformanceGroup, defineGroup } from '../group.ts';

/** A test that crashes the log, and counts the states that it judged. */
const crashes =
  (crash: (driver: CrashDriver) => Promise<number>) =>
  async ({ fixture, seed, crashScale, countCrashStates }: ClauseSubject): Promise<void> =>
    countCrashStates(await crash(crashDriver(fixture, seed, crashScale)));

/**
 * What a crash at any moment leaves (CRASH-1, 2): on the simulated disk, or by the fixture's own means.
 * Takes the timers of `globalThis` while it runs a file backend, so no other test must run beside it.
 */
export const crashGroup: ConformanceGroup = defineGroup('crash', [
  ...CRASH_SCRIPTS.map((script) =>
    clauseNeeding(
      crashing,
      script.clause,
      script.title,
      crashes((driver) => driver.everywhere(script)),
    ),
  ),

  clauseNeeding(
    crashing,
    'CRASH-1',
    'a log lives on through one crash after another, at random moments',
    crashes((driver) => driver.atRandom()),
  ),

  clauseNeeding(
    crashing,
    'CRASH-2',
    'a log that was opened after a crash is found the same again, crashes while it is opened included',
    crashes((driver) => driver.whileOpening()),
  ),

  clauseNeeding(
    failingStorage,
    'APPEND-8',
    'storage that fails, and then a crash: nothing acknowledged is lost',
    crashes(async (driver) => {
      let states = 0;
      for (const script of CRASH_SCRIPTS) states += await driver.failing(script);
      return states;
    }),
  ),

  clauseNeeding(
    failingStorage,
    'APPEND-8',
    'storage that fails at random, and crashes at random moments',
    crashes((driver) => driver.failingAtRandom()),
  ),
]);
