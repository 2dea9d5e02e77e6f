export { ConformanceFailure } from './assertions.ts';
export type { ClauseSubject, ClauseTest, Need } from './clause-test.ts';
export {
  appended,
  type CheckOdds,
  CRASH_SCRIPTS,
  CrashChecker,
  type CrashExtra,
  CrashFailure,
  type CrashScript,
  checkAllowed,
  crashRecord,
  type DiskCrash,
  DiskCrashRun,
  type DiskCrashRunOptions,
  DiskScriptRun,
  type DiskScriptRunOptions,
  type DiskScriptRunResult,
  type Excuse,
  emptyState,
  FAULTS,
  type FailAppends,
  type FaultAt,
  finishSome,
  isDiskCrash,
  isSameState,
  type LogCrash,
  type LogState,
  type Operation,
  Oracle,
  type Outcome,
  openAtLast,
  type Pace,
  type PlaceCrash,
  PlaceCrashRun,
  type PlaceCrashRunOptions,
  Program,
  REAL_TIME,
  randomFaults,
  readState,
  type ScriptSubject,
  shortReads,
  showState,
  stateFingerprint,
  TrackedLog,
  taggedRecord,
  trimmed,
  truncated,
  VirtualTimers,
  visibleStates,
} from './crash/index.ts';
export type { FixtureOpenOptions, LogCapabilities, LogFixture, LogPlace } from './fixture.ts';
export { type ConformanceGroup, type ConformanceOptions, MIN_MODEL_RUNS } from './group.ts';
export { appendGroup } from './groups/append.ts';
export { closeGroup } from './groups/close.ts';
export { concurrencyGroup } from './groups/concurrency.ts';
export { crashGroup } from './groups/crash.ts';
export { errorsGroup } from './groups/errors.ts';
export { followGroup } from './groups/follow.ts';
export { getGroup } from './groups/get.ts';
export { iterateGroup } from './groups/iterate.ts';
export { limitsGroup } from './groups/limits.ts';
export { metadataGroup } from './groups/metadata.ts';
export { modelGroup } from './groups/model.ts';
export { orderGroup } from './groups/order.ts';
export { reopenGroup } from './groups/reopen.ts';
export { trimGroup } from './groups/trim.ts';
export { truncateGroup } from './groups/truncate.ts';
export { CONFORMANCE_GROUPS, logConformance } from './log-conformance.ts';
export type { ConformanceReport, SkippedClause } from './report.ts';
export {
  fingerprintOf,
  type InFlight,
  isChange,
  mixFingerprints,
  SECTOR_BYTES,
  type SimCall,
  SimDisk,
  type SimDiskOptions,
  type SimError,
  type SimErrorCode,
  type SimFault,
  SimFile,
  type SimLockEntry,
  SimRandom,
  SimScheduler,
  SimStorage,
  type Spares,
  type StaleBytes,
  settle,
  simError,
} from './sim-disk/index.ts';
export type { TestRunner } from './test-runner.ts';
