import type { Disk } from '@wal/core';
import { openFsLog } from '@wal/fslog';
import { CrashRun, type CrashRunOptions } from './crash-run.ts';
import { restartRecords } from './numbered-records.ts';
import { OlderMetaRun } from './older-meta-run.ts';
import { runRot } from './rot-run.ts';
import { ZombieRun } from './zombie-run.ts';

/** Enough for a bug that is there all the time. */
const cutsPerCall = 8;

const CRASHES = {
  crash: { cutsPerCall },
  'crash, no preallocation': { cutsPerCall, preallocate: false },
  'crash, none synced': { cutsPerCall, durability: 'none' },
  faults: { cutsPerCall, hasFaults: true, faultRate: 0.05 },
  'faults, interval': {
    cutsPerCall,
    hasFaults: true,
    faultRate: 0.05,
    durability: { intervalMs: 5 },
  },
} as const satisfies Record<string, CrashRunOptions>;

/** What a bug is looked for in. */
export type TrialKind = keyof typeof CRASHES | 'zombie' | 'older META' | 'rot';

export const TRIAL_KINDS: readonly TrialKind[] = [
  ...(Object.keys(CRASHES) as (keyof typeof CRASHES)[]),
  'zombie',
  'older META',
  'rot',
];

/** A log with a bug: in what it has for a disk, or in itself. */
export interface BuggyLog {
  readonly wrap?: (disk: Disk) => Disk;
  readonly openLog?: typeof openFsLog;
}

/** One seeded run; rejects if it has found something. */
export async function runTrial(kind: TrialKind, seed: number, log: BuggyLog): Promise<void> {
  const { openLog = openFsLog } = log;
  restartRecords();
  if (kind === 'zombie') await new ZombieRun(seed, log).run();
  else if (kind === 'older META') await new OlderMetaRun(seed, openLog).run();
  else if (kind === 'rot') await runRot(seed, openLog);
  else await new CrashRun(seed, { ...CRASHES[kind], ...log }).run();
}
