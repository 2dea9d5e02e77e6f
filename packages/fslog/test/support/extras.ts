import type { CrashExtra } from '@wal/conformance';
import type { FsLog } from '@wal/fslog';

/** What only an fslog does, called among the other operations while it is crashed. */
export const ROLL: CrashExtra = {
  name: 'roll',
  call: (log) => (log as FsLog).roll(),
  flushes: true,
};
export const SYNC: CrashExtra = {
  name: 'sync',
  call: (log) => (log as FsLog).sync(),
  flushes: true,
};
