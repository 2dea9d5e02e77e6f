export {
  type CrashExtra,
  type DiskCrash,
  isDiskCrash,
  type LogCrash,
  type PlaceCrash,
} from './crash-capability.ts';
export { type CheckOdds, CrashChecker } from './crash-checker.ts';
export { CrashFailure } from './crash-failure.ts';
export { crashRecord, taggedRecord } from './crash-record.ts';
export { CRASH_SCRIPTS, type CrashScript, type ScriptSubject } from './crash-script.ts';
export { DiskCrashRun, type DiskCrashRunOptions } from './disk-crash-run.ts';
export { FAULTS, type FaultAt, randomFaults, shortReads } from './disk-faults.ts';
export {
  DiskScriptRun,
  type DiskScriptRunOptions,
  type DiskScriptRunResult,
} from './disk-script-run.ts';
export { finishSome } from './killed-process.ts';
export {
  appended,
  emptyState,
  isSameState,
  type LogState,
  readState,
  showState,
  stateFingerprint,
  trimmed,
  truncated,
} from './log-state.ts';
export { openAtLast } from './open-at-last.ts';
export {
  checkAllowed,
  type Operation,
  Oracle,
  type Outcome,
  visibleStates,
} from './oracle.ts';
export { type Pace, REAL_TIME } from './pace.ts';
export { type FailAppends, PlaceCrashRun, type PlaceCrashRunOptions } from './place-crash-run.ts';
export { Program } from './program.ts';
export { type Excuse, TrackedLog } from './tracked-log.ts';
export { VirtualTimers } from './virtual-timers.ts';
