export type { FsLog, FsLogRecovery, FsLogSegment } from './fs-log.ts';
export { nodeDisk } from './node-disk.ts';
export { openFsLog } from './open.ts';
export type { Durability, FsLogOptions } from './options.ts';
export type { TornTail } from './recovery.ts';
