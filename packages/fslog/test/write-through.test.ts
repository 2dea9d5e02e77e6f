import { mkdtemp, readdir, readlink, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DiskFile } from '@wal/core';
import { nodeDisk } from '@wal/fslog';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rejection } from './support/errors.ts';
import { openLog, temporaryDirectory } from './support/temporary-log.ts';
import { inputOutputError, noSpaceLeft, WatchedDisk } from './support/watched-disk.ts';

const BYTES = Uint8Array.of(1, 2, 3, 4);

describe('a write through of the real disk', () => {
  let directory: string;
  let file: DiskFile;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'write-through-'));
    file = await nodeDisk.create(join(directory, 'file'));
  });

  afterEach(async () => {
    await file.close().catch(() => undefined);
    await rm(directory, { recursive: true });
  });

  async function contents(): Promise<number[]> {
    const buffer = new Uint8Array(16);
    return [...buffer.subarray(0, await file.read(buffer, 0))];
  }

  test('writes where it is told, like any other', async () => {
    expect(await file.writeThrough?.(BYTES, 0)).toBe(4);
    expect(await file.write(BYTES, 2)).toBe(4);
    expect(await file.writeThrough?.(BYTES.subarray(3), 5)).toBe(1);
    expect(await contents()).toEqual([1, 2, 1, 2, 3, 4]);
  });

  test('several may be under way, the first ones too', async () => {
    await Promise.all([0, 4, 8].map((at) => file.writeThrough?.(BYTES, at)));
    expect(await contents()).toEqual([...BYTES, ...BYTES, ...BYTES]);
  });

  test('does not write to another file that has got the name', async () => {
    await rename(join(directory, 'file'), join(directory, 'moved'));
    await writeFile(join(directory, 'file'), 'another');
    expect(await file.writeThrough?.(BYTES, 0)).toBe(4);
    expect(await contents()).toEqual([...BYTES]);
    const other = await nodeDisk.open(join(directory, 'file'), 'read');
    expect(await other.size()).toBe('another'.length);
    await other.close();
  });

  test('works where the name is gone', async () => {
    await rm(join(directory, 'file'));
    expect(await file.writeThrough?.(BYTES, 0)).toBe(4);
    expect(await contents()).toEqual([...BYTES]);
  });

  test('uses no descriptor once it is closed', async () => {
    await file.writeThrough?.(BYTES, 0);
    await file.close();
    await expect(file.writeThrough?.(BYTES, 0)).rejects.toThrow();
  });
});

describe('a log whose appends are writes through', () => {
  const RECORD = new Uint8Array(1000).fill(7);

  async function watchedLog() {
    const directory = await temporaryDirectory();
    const disk = new WatchedDisk(nodeDisk);
    const log = await openLog(directory, { disk, preallocate: false });
    await log.append(RECORD);
    expect(disk.count('writeThrough')).toBe(1);
    return { directory, disk, log };
  }

  /** Lets one write through be cut short, and what is left of it fail. */
  function cutShort(disk: WatchedDisk, length: number, error: Error): void {
    disk.shorten = ({ operation, bytes = 0 }) => (operation === 'writeThrough' ? length : bytes);
    disk.before = ({ operation }) => {
      if (operation !== 'write') return;
      disk.before = undefined;
      throw error;
    };
  }

  test.each([
    ['no space', noSpaceLeft(), 'ERR_LOG_NO_SPACE'],
    ['another error', inputOutputError(), 'ERR_LOG_FAILED'],
  ] as const)('APPEND-8 half of one, and then %s: absent', async (_, error, code) => {
    const { directory, disk, log } = await watchedLog();
    cutShort(disk, 400, error);
    const before = disk.count('sync');
    await rejection(log.append(RECORD), code);
    expect(disk.count('sync')).toBe(before + 1); // What it left is zeroed, durably.
    disk.shorten = undefined;
    const last = code === 'ERR_LOG_NO_SPACE' ? (await log.append(RECORD)).lastId : log.lastId;
    await log.close();
    const reopened = await openLog(directory);
    expect(reopened.lastId).toBe(last);
    expect(reopened.recovery.torn).toBeUndefined();
  });

  test('APPEND-8 all of one, and then an error: unknown, and nothing is written any more', async () => {
    const { directory, disk, log } = await watchedLog();
    disk.after = ({ operation }) => {
      if (operation === 'writeThrough') throw noSpaceLeft();
    };
    await rejection(log.append(RECORD), 'ERR_LOG_OUTCOME_UNKNOWN');
    await rejection(log.append(RECORD), 'ERR_LOG_FAILED');
    expect(log.lastId).toBe(1);
    disk.after = undefined;
    await log.close();
    expect((await openLog(directory)).lastId).toBe(2);
  });

  test('APPEND-1 one that was cut short, and gone on with, is synced', async () => {
    const { disk, log } = await watchedLog();
    disk.shorten = ({ operation, bytes = 0 }) => (operation === 'writeThrough' ? 400 : bytes);
    disk.reset();
    await log.append(RECORD);
    const onSegment = disk.done.filter(({ name }) => name.endsWith('.wal'));
    expect(onSegment.map(({ operation }) => operation)).toEqual(['writeThrough', 'write', 'sync']);
  });

  const LARGE = new Uint8Array(20_000).fill(7);

  test('APPEND-8 a batch of several, and then no space: that one is done', async () => {
    const { directory, disk, log } = await watchedLog();
    cutShort(disk, 30_000, noSpaceLeft());
    const [first, second] = [log.append(LARGE), log.append(LARGE)];
    await rejection(second, 'ERR_LOG_NO_SPACE');
    expect(await first).toEqual({ firstId: 2, lastId: 2 });
    await log.close();
    expect((await openLog(directory)).lastId).toBe(2);
  });

  test('APPEND-1 APPEND-8 a batch of several, and then an error that may be of its sync: unknown', async () => {
    const { disk, log } = await watchedLog();
    disk.shorten = () => 30_000;
    disk.after = ({ operation }) => {
      if (operation === 'writeThrough') throw noSpaceLeft();
    };
    // No later sync reports it again, and that one may mean nothing.
    for (const append of [log.append(LARGE), log.append(LARGE)]) {
      await rejection(append, 'ERR_LOG_OUTCOME_UNKNOWN');
    }
    expect(log.lastId).toBe(1);
    await rejection(log.append(RECORD), 'ERR_LOG_FAILED');
  });

  test.skipIf(process.platform !== 'linux')(
    'its descriptor is closed with the segment',
    async () => {
      const { directory, log } = await watchedLog();
      const open = async (): Promise<number> => {
        const fds = await readdir('/proc/self/fd');
        const targets = fds.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
        const isOpen = (path: string): boolean => path.startsWith(directory) && /wal$/.test(path);
        return (await Promise.all(targets)).filter(isOpen).length;
      };
      expect(await open()).toBe(2);
      for (let i = 0; i < 3; i++) {
        await log.roll();
        expect(await open()).toBe(1);
        await log.append(RECORD);
        expect(await open()).toBe(2);
      }
      await log.truncate(1);
      expect(await open()).toBe(1);
      await log.append(RECORD);
      await log.close();
      expect(await open()).toBe(0);
    },
  );
});
