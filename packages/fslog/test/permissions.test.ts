import { join } from 'node:path';
import { openFsLog } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import { Mount } from './kernel/mounts.ts';
import { skipNote, whyNoMount } from './kernel/programs.ts';
import { rejection } from './support/errors.ts';
import { fill, readAll, recordsOf } from './support/records.ts';
import { openLog, snapshot, temporaryDirectory } from './support/temporary-log.ts';
import { isChange, systemError, WatchedDisk } from './support/watched-disk.ts';

const REFUSALS = [
  ['EACCES', -13],
  ['EPERM', -1],
  ['EROFS', -30],
] as const;

describe('no permission to write', () => {
  for (const [code, errno] of REFUSALS) {
    test(`${code} on the lock`, async () => {
      const directory = await temporaryDirectory();
      const log = await openLog(directory);
      await fill(log, 3);
      await log.close();
      const before = await snapshot(directory);
      const disk = new WatchedDisk();
      disk.before = ({ operation }) => {
        if (operation === 'lock') throw systemError(code, errno);
      };
      const error = await rejection(openFsLog(directory, { disk }), 'ERR_LOG_READ_ONLY');
      expect(error.message).toContain(code);
      expect(error.message).toContain(directory);
      expect(await snapshot(directory)).toEqual(before);
    });

    test(`${code} on the first write to META`, async () => {
      const directory = await temporaryDirectory();
      const log = await openLog(directory);
      await fill(log, 3);
      await log.close();
      const before = await snapshot(directory);
      const disk = new WatchedDisk();
      disk.before = (call) => {
        if (isChange(call) && call.operation !== 'lock' && call.operation !== 'makeDirectory') {
          throw systemError(code, errno);
        }
      };
      const error = await rejection(openFsLog(directory, { disk }), 'ERR_LOG_READ_ONLY');
      expect(error.cause).toMatchObject({ code });
      expect(await snapshot(directory)).toEqual(before);
      // The lock was given back.
      expect((await openLog(directory)).lastId).toBe(3);
    });

    test(`${code} on creating the directory`, async () => {
      const parent = await temporaryDirectory();
      const disk = new WatchedDisk();
      disk.before = ({ operation }) => {
        if (operation === 'makeDirectory') throw systemError(code, errno);
      };
      await rejection(openFsLog(join(parent, 'log'), { disk }), 'ERR_LOG_READ_ONLY');
      expect(await snapshot(parent)).toEqual({});
    });
  }

  test('any other failure of opening is ERR_LOG_FAILED with its cause', async () => {
    const directory = await temporaryDirectory();
    const disk = new WatchedDisk();
    disk.before = ({ operation }) => {
      if (operation === 'create') throw systemError('EMFILE', -24);
    };
    const error = await rejection(openFsLog(directory, { disk }), 'ERR_LOG_FAILED');
    expect(error.cause).toMatchObject({ code: 'EMFILE' });
    // Nothing half-made is in the way of the next opening.
    expect((await openLog(directory)).nextId).toBe(1);
  });
});

const reason = whyNoMount();

test.skipIf(reason !== undefined)(
  `a real read-only file system: read, but not written${skipNote(reason)}`,
  async () => {
    const mount = await Mount.tmpfs('size=16m');
    const { path: mounted } = mount;
    const directory = join(mounted, 'log');
    const log = await openLog(directory);
    await fill(log, 5);
    await log.close();
    const before = await snapshot(mounted);
    mount.remount('ro');
    const error = await rejection(openFsLog(directory), 'ERR_LOG_READ_ONLY');
    expect(error.message).toContain('EROFS');
    await rejection(openFsLog(join(mounted, 'new')), 'ERR_LOG_READ_ONLY');
    const reader = await openLog(directory, { readOnly: true });
    expect(await readAll(reader)).toEqual(recordsOf(1, 5));
    await reader.close();
    expect(await snapshot(mounted)).toEqual(before);
    mount.remount('rw');
    const again = await openLog(directory);
    await fill(again, 1);
    expect(await readAll(again)).toEqual(recordsOf(1, 6));
    // Before the file system is unmounted.
    await again.close();
  },
);
