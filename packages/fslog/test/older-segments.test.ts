import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { FsLog } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import { rejection } from './support/errors.ts';
import { fill, ids, readAll, readIds, recordOf, recordsOf } from './support/records.ts';
import { openLog, segmentFiles, temporaryDirectory } from './support/temporary-log.ts';
import {
  type DiskCall,
  inputOutputError,
  isSegment,
  systemError,
  WatchedDisk,
} from './support/watched-disk.ts';

const SIZE = 3000;
const options = { segmentBytes: 4096, preallocate: false };

interface Reopened {
  readonly directory: string;
  readonly disk: WatchedDisk;
  readonly log: FsLog;
  /** Fails, once, the first look at a segment before the last. */
  readonly failLook: (operation: 'list' | 'open', error: () => Error) => void;
}

/** A log of six records, a segment each, that knows of the last one only. */
async function reopened(): Promise<Reopened> {
  const directory = await temporaryDirectory();
  const before = await openLog(directory, options);
  await fill(before, 5, SIZE);
  await before.close();
  const disk = new WatchedDisk();
  const log = await openLog(directory, { disk, ...options });
  await fill(log, 1, SIZE);
  const failLook: Reopened['failLook'] = (operation, error) => {
    const isLook = (call: DiskCall): boolean =>
      operation === 'list' ? call.name === basename(directory) : isSegment(call);
    disk.before = (call) => {
      if (call.operation !== operation || !isLook(call)) return;
      disk.before = undefined;
      throw error();
    };
  };
  return { directory, disk, log, failLook };
}

const tooManyFiles = (): Error => systemError('EMFILE', -24);

const CHANGES: readonly (readonly [
  name: string,
  run: (log: FsLog) => Promise<void>,
  left: readonly number[],
])[] = [
  ['trim', (log) => log.trim(2), ids(3, 6)],
  ['truncate', (log) => log.truncate(2), [1, 2]],
];

describe('a look at older segments that fails before anything is changed', () => {
  for (const [name, run, left] of CHANGES) {
    for (const operation of ['list', 'open'] as const) {
      test(`for want of descriptors, at ${operation}: ${name} is not done, and the log goes on`, async () => {
        const { directory, log, failLook } = await reopened();
        failLook(operation, tooManyFiles);
        const failing = run(log);
        const behind = log.append(recordOf(9).data);
        const { cause } = await rejection(failing, 'ERR_LOG_NO_SPACE');
        expect(cause).toMatchObject({ code: 'EMFILE' });
        await rejection(behind, 'ERR_LOG_NO_SPACE');
        expect([log.firstId, log.lastId, log.nextId]).toEqual([1, 6, 7]);
        await fill(log, 1, SIZE);
        await run(log);
        if (name === 'trim') await log.truncate(6);
        expect(await readIds(log)).toEqual(left);
        await log.close();
        expect(await readIds(await openLog(directory, options))).toEqual(left);
      });
    }

    test(`that finds a segment missing: ${name} is not done, and the log goes on`, async () => {
      const { directory, log } = await reopened();
      const [, , third = ''] = await segmentFiles(directory);
      await rm(join(directory, third));
      const failing = run(log);
      const behind = log.append(recordOf(9).data);
      await rejection(failing, 'ERR_LOG_CORRUPT');
      await rejection(behind, 'ERR_LOG_CORRUPT');
      expect(log.nextId).toBe(7);
      await fill(log, 1, SIZE);
      await rejection(run(log), 'ERR_LOG_CORRUPT');
      await log.close();
      const again = await openLog(directory, options);
      await fill(again, 1, SIZE);
      const found = [];
      for await (const record of again.iterator({ start: 6 })) found.push(record);
      expect(found).toEqual(recordsOf(6, 8, SIZE));
    });

    test(`for another reason: ${name} ends the handle, as ERR_LOG_FAILED says`, async () => {
      const { directory, log, failLook } = await reopened();
      failLook('list', inputOutputError);
      await rejection(run(log), 'ERR_LOG_FAILED');
      await rejection(log.append(recordOf(7)), 'ERR_LOG_FAILED');
      await log.close();
      expect(await readAll(await openLog(directory, options))).toEqual(recordsOf(1, 6, SIZE));
    });
  }

  test('for want of descriptors: an append that needs it is not done, and the next one is', async () => {
    const { directory, log: before } = await reopened();
    await before.roll();
    await before.close();
    const disk = new WatchedDisk();
    const log = await openLog(directory, { disk, ...options });
    for (const operation of ['list', 'create'] as const) {
      disk.before = (call) => {
        if (call.operation !== operation) return;
        disk.before = undefined;
        throw tooManyFiles();
      };
      await rejection(log.append(recordOf(7, SIZE)), 'ERR_LOG_NO_SPACE');
      expect(log.nextId).toBe(7);
    }
    await fill(log, 1, SIZE);
    expect(await readAll(log)).toEqual(recordsOf(1, 7, SIZE));
  });
});
