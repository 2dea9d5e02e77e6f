import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FixtureOpenOptions, LogCrash, LogFixture, LogPlace } from '@wal/conformance';
import type { Disk, Log } from '@wal/core';
import { type FsLog, type FsLogOptions, openFsLog } from '@wal/fslog';
import { ROLL, SYNC } from './extras.ts';
import { unsyncedDisk } from './unsynced-disk.ts';
import { isSegment, noSpaceLeft, WatchedDisk } from './watched-disk.ts';

class FsPlace implements LogPlace {
  readonly #directory: string;
  readonly #options: FsLogOptions;
  readonly #disk: WatchedDisk;
  readonly #logs: FsLog[] = [];

  constructor(directory: string, options: FsLogOptions, disk: Disk) {
    this.#directory = directory;
    this.#options = options;
    this.#disk = new WatchedDisk(disk);
  }

  async open(options: FixtureOpenOptions = {}): Promise<Log> {
    const all = { ...this.#options, ...options, disk: this.#disk };
    const log = await openFsLog(join(this.#directory, 'log'), all);
    this.#logs.push(log);
    this.#disk.reset();
    return log;
  }

  async destroy(): Promise<void> {
    for (const log of this.#logs) await log.close().catch(() => undefined);
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** Lets the disk be full until the function it returns is called. */
  fillUp(): () => void {
    this.#disk.before = (call) => {
      if (!isSegment(call)) return;
      if (call.operation === 'create' || isBatch(call.data)) throw noSpaceLeft();
    };
    return () => {
      this.#disk.before = undefined;
    };
  }
}

/** Zeros take no new space: erasing what a failed write left must go on working. */
function isBatch(data: Uint8Array | undefined): boolean {
  return data?.some((byte) => byte !== 0) ?? false;
}

const maxRecordBytes = 1024 * 1024;
const maxBatchBytes = 4 * maxRecordBytes;

/** How a log with these options is crashed on the simulated disk. */
function crash(options: FsLogOptions): LogCrash {
  const { durability = 'sync' } = options;
  return {
    open: (disk, directory) =>
      openFsLog(join(directory, 'log'), { segmentBytes: 4096, ...options, disk }),
    extras: [ROLL, SYNC],
    ...(durability !== 'sync' && { flush: (log: Log) => (log as FsLog).sync() }),
  };
}

/** fslog with these options, as the suite sees it. */
export function fsLogFixture(name: string, options: FsLogOptions, disk = unsyncedDisk): LogFixture {
  return {
    name,
    capabilities: {
      reopen: true,
      exclusion: 'locked',
      maxRecordBytes,
      configurableLimit: true,
      maxBatchBytes,
      metadata: (log) => (log as FsLog).metadata,
      failAppends: (place) => (place as FsPlace).fillUp(),
      crash: crash(options),
    },
    place: async () =>
      new FsPlace(
        await mkdtemp(join(tmpdir(), 'fslog-')),
        { maxQueuedBytes: maxBatchBytes, ...options },
        disk,
      ),
  };
}

/** Logs with other options than the default: one of the default options syncs for them, too. */
export const VARIANTS: readonly LogFixture[] = [
  fsLogFixture('fslog, segments of 4 KiB', { segmentBytes: 4096 }),
  fsLogFixture("fslog, durability 'none'", { durability: 'none' }),
  fsLogFixture('fslog, durability { intervalMs: 1 }', { durability: { intervalMs: 1 } }),
  fsLogFixture('fslog without preallocation', { preallocate: false }),
];
