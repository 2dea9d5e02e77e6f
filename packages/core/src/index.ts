export { abortable, throwIfAborted } from './abortable.ts';
export {
  type AppendLimits,
  type CheckedAppend,
  checkAppend,
  checkInteger,
  checkIteratorOptions,
  checkLastToKeep,
  checkOperationOptions,
  checkOptionsObject,
  checkRecordId,
  invalidArgument,
} from './arguments.ts';
export type { Disk, DiskFile, DiskLock } from './disk.ts';
export {
  isLogError,
  type LockHolder,
  LogError,
  type LogErrorCode,
  type LogErrorDetails,
} from './errors.ts';
export type {
  IteratorOptions,
  Log,
  LogIterator,
  LogIterator as Iterator,
  OperationOptions,
} from './log.ts';
export type { LogView } from './log-cursor.ts';
export { createLogIterator } from './log-iterator.ts';
export {
  type AppendInput,
  type AppendResult,
  type LogRecord,
  type LogRecord as Record,
  MAX_RECORD_ID,
  type RecordId,
} from './record.ts';
export { TruncationHistory } from './truncation-history.ts';
