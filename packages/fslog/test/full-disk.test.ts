import type { Disk, DiskFile } from '@wal/core';
import { describe, expect, test } from 'vitest';
import { rejection } from './support/errors.ts';
import { fill, readAll, recordsOf } from './support/records.ts';
import { stolenLock } from './support/stolen-lock.ts';
import { openLog, temporaryDirectory } from './support/temporary-log.ts';
import { unsyncedDisk } from './support/unsynced-disk.ts';

function noSpace(): Promise<never> {
  return Promise.reject(Object.assign(new Error('ENOSPC: full'), { code: 'ENOSPC' }));
}

/** A disk without a free byte: files keep what they have and can be overwritten, and nothing grows. */
const fullDisk: Disk = {
  ...unsyncedDisk,
  create: noSpace,
  async open(path, mode): Promise<DiskFile> {
    const file = await unsyncedDisk.open(path, mode);
    return {
      read: (buffer, position) => file.read(buffer, position),
      write: async (buffer, position) =>
        position + buffer.length > (await file.size()) ? noSpace() : file.write(buffer, position),
      sync: () => file.sync(),
      truncate: (size) => file.truncate(size),
      size: () => file.size(),
      identify: () => file.identify(),
      close: () => file.close(),
    };
  },
};

describe('with no byte free', () => {
  for (const wasClosed of [true, false]) {
    test(`a log that was ${wasClosed ? '' : 'not '}closed opens, reads, trims, and refuses appends`, async () => {
      const directory = await temporaryDirectory();
      const first = await openLog(directory);
      await fill(first, 5);
      if (wasClosed) await first.close();
      // Another owner takes over from one that is still there, as from one that died.
      const lock: Disk['lock'] = async () => ({ ...(await stolenLock()), isGone: () => true });
      const log = await openLog(directory, { disk: { ...fullDisk, lock } });
      expect(await readAll(log)).toEqual(recordsOf(1, 5));
      await rejection(log.append(new Uint8Array(1)), 'ERR_LOG_NO_SPACE');
      await log.trim(2);
      expect(await readAll(log)).toEqual(recordsOf(3, 5));
      await log.close();
      const freed = await openLog(directory, { disk: { ...unsyncedDisk, lock } });
      await fill(freed, 1);
      expect(await readAll(freed)).toEqual(recordsOf(3, 6));
    });
  }
});
