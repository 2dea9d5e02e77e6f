export type {
  FsLogAppendMessage,
  FsLogFailureMessage,
  FsLogMessages,
  FsLogRecoveryMessage,
  FsLogRollMessage,
  FsLogTrimMessage,
  FsLogTruncateMessage,
} from './diagnostics/channels.ts';
export { nodeDisk } from './disk/node-disk.ts';
export type { FsLog, FsLogRecovery, FsLogSegment } from './fs-log.ts';
export { fsLogHolder } from './lock/holder.ts';
export { META_SLOT_BYTES, META_SLOT_FIELDS } from './meta/meta.ts';
export { openFsLog } from './open.ts';
export type { Durability, FsLogOptions } from './options.ts';
export type { TornTail } from './recovery/tail-recovery.ts';
export type { KeptSide } from './repair/plan.ts';
export { type RepairOptions, type RepairResult, repairFsLog } from './repair/repair.ts';
export type { VerifyProgress } from './verification/log-survey.ts';
export type {
  IdRange,
  LogProblem,
  ProblemKind,
  ProblemSeverity,
  VerifiedSegment,
  VerifyReport,
} from './verification/report.ts';
export { type VerifyOptions, verifyFsLog } from './verification/verify.ts';
