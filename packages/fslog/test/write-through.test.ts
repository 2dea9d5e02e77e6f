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

  /** Fails what is done to a segment, from the nth write through on. */
  function failFrom(disk: WatchedDisk, nth: number, error: Error): void {
    let writes = 0;
    disk.before = (call) => {
      if (call.operation === 'writeThrough' && ++writes >= nth) throw error;
    };
  }

  test.each([
    ['no space', noSpaceLeft(), 'ERR_LOG_NO_SPACE'],
    ['another error', inputOutputError(), 'ERR_LOG_FAILED'],
  ] as const)('APPEND-8 half of one, and then %s: absent', async (_, error, code) => {
    const { directory, disk, log } = await watchedLog();
    disk.shorten = ({ operation }) => (operation === 'writeThrough' ? 400 : 1e9);
    failFrom(disk, 2, error);
    const before = disk.count('sync');
    await rejection(log.append(RECORD), code);
    expect(disk.count('sync')).toBe(before + 1); // What it left is zeroed, durably.
    disk.before = undefined;
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

  test('its descriptor is closed with the segment', async () => {
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
  });
});
