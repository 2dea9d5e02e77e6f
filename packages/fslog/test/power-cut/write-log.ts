import { readFileSync, readSync } from 'node:fs';

/*
 * The file that qemu's blklogwrites keeps, in the format of the kernel's dm-log-writes: a superblock, then an
 * entry for each write, discard and flush of the device, in the order in which they were done.
 */
const SECTOR_BYTES = 512;
const MAGIC = 0x6a_736677_736872n;
const COUNT_OFFSET = 16;
const FLUSH = 1;
const DISCARD = 4;

/** Something that was done to the device. */
export interface LogEntry {
  readonly isFlush: boolean;
  readonly offset: number;
  readonly length: number;
  /** `undefined`: zeros, of a discard. */
  readonly data: Buffer | undefined;
}

function numberAt(bytes: Buffer, offset: number): number {
  return Number(bytes.readBigUInt64LE(offset));
}

export function readWriteLog(path: string): LogEntry[] {
  const bytes = readFileSync(path);
  if (bytes.length < SECTOR_BYTES || bytes.readBigUInt64LE(0) !== MAGIC) {
    throw new Error(`${path} is no write log`);
  }
  const count = numberAt(bytes, COUNT_OFFSET);
  const entries: LogEntry[] = [];
  let at = SECTOR_BYTES;
  for (let i = 0; i < count; i++) {
    const flags = numberAt(bytes, at + 16);
    if (flags !== 0 && flags !== FLUSH && flags !== DISCARD) throw new Error(`flags ${flags}`);
    const length = numberAt(bytes, at + 8) * SECTOR_BYTES;
    const offset = numberAt(bytes, at) * SECTOR_BYTES;
    at += SECTOR_BYTES;
    const data = flags === DISCARD ? undefined : bytes.subarray(at, at + length);
    if (data !== undefined && data.length < length) throw new Error(`${path} is cut`);
    at += data?.length ?? 0;
    entries.push({ isFlush: flags === FLUSH, offset, length, data });
  }
  return entries;
}

/**
 * How many entries there were at the last flush: qemu writes the count with each flush, before it reports
 * the flush as done. So whatever is known to be flushed is among so many entries, if asked for afterwards.
 */
export function flushedEntries(fd: number): number {
  const bytes = Buffer.alloc(SECTOR_BYTES);
  const read = (): number =>
    readSync(fd, bytes, 0, SECTOR_BYTES, 0) < SECTOR_BYTES ? 0 : numberAt(bytes, COUNT_OFFSET);
  // Not while it is being written.
  for (let last = read(); ; ) {
    const again = read();
    if (again === last) return last;
    last = again;
  }
}
