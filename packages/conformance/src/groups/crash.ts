import { type ClauseSubject, clauseNeeding, crashing, failingStorage } from '../clause-test.ts';
import { type CrashDriver, crashDriver } from '../crash/crash-driver.ts';
import { CRASH_SCRIPTS } from '../crash/crash-script.ts';
import { type ConformanceGroup, defineGroup } from '../group.ts';

const driverOf = ({ fixture, seed, crashScale }: ClauseSubject): CrashDriver =>
  crashDriver(fixture, seed, crashScale);

/**
 * What a crash at any moment leaves (CRASH-1, 2): on the simulated disk, or by the fixture's own means.
 * Takes the timers of `globalThis` while it runs a file backend, so no other test must run beside it.
 */
export const crashGroup: ConformanceGroup = defineGroup('crash', [
  ...CRASH_SCRIPTS.map((script) =>
    clauseNeeding(crashing, script.clause, script.title, (subject) =>
      driverOf(subject).everywhere(script),
    ),
  ),

  clauseNeeding(
    crashing,
    'CRASH-1',
    'a log lives on through one crash after another, at random moments',
    (subject) => driverOf(subject).atRandom(),
  ),

  clauseNeeding(
    crashing,
    'CRASH-2',
    'a log that was opened after a crash is found the same again, crashes while it is opened included',
    (subject) => driverOf(subject).whileOpening(),
  ),

  clauseNeeding(
    failingStorage,
    'APPEND-8',
    'storage that fails, and then a crash: nothing acknowledged is lost',
    async (subject) => {
      for (const script of CRASH_SCRIPTS) await driverOf(subject).failing(script);
    },
  ),

  clauseNeeding(
    failingStorage,
    'APPEND-8',
    'storage that fails at random, and crashes at random moments',
    (subject) => driverOf(subject).failingAtRandom(),
  ),
]);
