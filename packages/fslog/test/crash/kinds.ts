import { CrashRun, type CrashRunOptions } from './crash-run.ts';
import { ZombieRun } from './zombie-run.ts';

/** One way of using a log that is cut off. */
export interface CrashKind {
  /** The test file that explores it, without `.test.ts`. */
  readonly file: string;
  readonly name: string;
  /** How many states an ordinary test run explores that differ in what is on the disk, or in the log's options. */
  readonly states: number;
  /** `undefined`: several owners, each stalled while the next takes the log over. */
  readonly options: CrashRunOptions | undefined;
}

export const CRASH_KINDS: readonly CrashKind[] = [
  {
    file: 'synced',
    name: 'CRASH-1, CRASH-2, TRUNCATE-4, TRIM-3: synced appends',
    states: 330_000,
    options: {},
  },
  {
    file: 'synced-failing-disk',
    name: 'CRASH-1, APPEND-8: synced appends, failing disk',
    states: 260_000,
    options: { hasFaults: true },
  },
  {
    file: 'not-preallocated',
    name: 'CRASH-1: synced appends, no preallocation',
    states: 160_000,
    options: { preallocate: false },
  },
  {
    file: 'unsynced',
    name: 'CRASH-1: a suffix at most since the last sync, interval',
    states: 70_000,
    options: { durability: { intervalMs: 5 } },
  },
  {
    file: 'unsynced',
    name: 'CRASH-1: a suffix at most since the last sync, none',
    states: 70_000,
    options: { durability: 'none' },
  },
  {
    file: 'unsynced',
    name: 'CRASH-1: a suffix at most since the last sync, none, failing disk',
    states: 70_000,
    options: { durability: 'none', hasFaults: true },
  },
  {
    file: 'unsynced',
    name: 'CRASH-1: a suffix at most since the last sync, interval, failing disk',
    states: 60_000,
    options: { durability: { intervalMs: 5 }, hasFaults: true },
  },
  {
    file: 'stalled-owner',
    name: 'OPEN-2: an owner that was stalled acknowledges nothing that is lost',
    states: 70_000,
    options: undefined,
  },
];

/** The run that follows from a seed. */
export function runOf({ options }: CrashKind, seed: number): CrashRun | ZombieRun {
  return options === undefined ? new ZombieRun(seed) : new CrashRun(seed, options);
}
