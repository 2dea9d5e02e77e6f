export {
  type FaultyAppend,
  type FaultyRead,
  type FaultySync,
  failOnce,
  type MemLogFaults,
} from './faults.ts';
export { createMemLog, type MemLog } from './mem-log.ts';
export { type CrashOptions, createMemStorage, type MemStorage } from './mem-storage.ts';
export type { MemLogOptions } from './options.ts';
