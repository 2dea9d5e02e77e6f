import type { SimRandom } from '../sim-disk/index.ts';
import type { CrashExtra } from './crash-capability.ts';
import { crashRecord } from './crash-record.ts';
import type { TrackedLog } from './tracked-log.ts';

/** What a script works with. */
export interface ScriptSubject {
  readonly log: TrackedLog;
  /** Waits until everything called has ended. */
  settled(): Promise<void>;
  readonly random: SimRandom;
  /** What only this backend does. */
  readonly extras: readonly CrashExtra[];
}

/** A short use of a log, every moment of which is tried as the last. */
export interface CrashScript {
  /** The clause that it puts to the test, and what it does. */
  readonly clause: string;
  readonly title: string;
  readonly run: (subject: ScriptSubject) => Promise<void>;
}

type Call = (log: TrackedLog, random: SimRandom) => void;

/** Calls one after the other, each awaited. */
function inTurn(...calls: readonly Call[]): CrashScript['run'] {
  return async ({ log, settled, random }) => {
    for (const call of calls) {
      call(log, random);
      await settled();
    }
  };
}

/** An append of records of these lengths. */
function append(...lengths: readonly number[]): Call {
  return (log, random) => log.append(lengths.map((length) => crashRecord(random, length)));
}

const truncate =
  (k: number): Call =>
  (log) =>
    log.truncate(k);

const trim =
  (k: number): Call =>
  (log) =>
    log.trim(k);

const AT_ONCE: readonly Call[] = [
  append(40),
  append(10, 0, 700),
  truncate(3),
  append(40),
  trim(1),
  append(10, 0, 700),
  append(40),
];

export const CRASH_SCRIPTS: readonly CrashScript[] = [
  {
    clause: 'CRASH-1',
    title: 'a crash at any moment of appends leaves what was acknowledged',
    run: inTurn(append(40), append(0), append(1200), append(7)),
  },
  {
    clause: 'APPEND-2',
    title: 'a crash leaves all of a batch or none of it',
    run: inTurn(append(600, 600, 10), append(10, 0, 1300, 0, 5), append(3, 3)),
  },
  {
    clause: 'TRUNCATE-4',
    title: 'a crash brings no truncated record back, nor takes its id from a new one',
    run: inTurn(append(10, 0, 700), truncate(2), append(40), truncate(0), append(10, 0, 700)),
  },
  {
    clause: 'TRIM-4',
    title: 'a crash brings no trimmed id back',
    run: inTurn(append(10, 0, 700), trim(1), append(40), trim(20), append(40), truncate(20)),
  },
  {
    clause: 'CRASH-1',
    title: 'a crash amid calls that were not awaited keeps their order',
    run: async ({ log, settled, random, extras }) => {
      for (const call of AT_ONCE) call(log, random);
      for (const extra of extras) {
        log.extra(extra);
        append(40)(log, random);
      }
      await settled();
    },
  },
];
