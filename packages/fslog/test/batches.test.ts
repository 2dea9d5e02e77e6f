import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { rejection } from './support/errors.ts';
import { readSegment } from './support/log-files.ts';
import { openLog, temporaryDirectory } from './support/temporary-log.ts';
import { inputOutputError, noSpaceLeft, WatchedDisk } from './support/watched-disk.ts';

const KIB = 1024;
const SEED_BYTES = 251;

/** Bytes that tell one record from another. */
function recordOf(id: number, length: number): Uint8Array {
  return new Uint8Array(length).map((_, i) => (id * 7 + i) % SEED_BYTES);
}

async function batchesOf(directory: string) {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.wal'));
  const [name = ''] = names;
  expect(names).toHaveLength(1);
  return (await readSegment(directory, name)).batches;
}

describe('the batches of a group', () => {
  test('APPEND-1 appends of one group are in batches of 32 KiB, a record counted 64 bytes more, one write and one order of ids', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory);
    const records = Array.from({ length: 300 }, (_, i) => recordOf(i + 1, KIB));
    const results = await Promise.all(records.map((record) => log.append(record)));
    expect(results.map(({ firstId }) => firstId)).toEqual(records.map((_, i) => i + 1));
    await log.close();
    const batches = await batchesOf(directory);
    expect(batches.map(({ recordCount }) => recordCount)).toEqual(Array(10).fill(30));
    // One group: nothing of it was durable when it was written.
    expect(new Set(batches.map(({ durableOffset }) => durableOffset)).size).toBe(1);
    const reopened = await openLog(directory);
    for (const id of [1, 30, 31, 60, 61, 270, 271, 300]) {
      expect((await reopened.get(id)).data).toEqual(records[id - 1]);
    }
    let id = 0;
    for await (const record of reopened.iterator()) {
      id++;
      expect(record).toEqual({ id, data: records[id - 1] });
    }
    expect(id).toBe(300);
  });

  test('APPEND-2 an append is in one batch, however large, and what follows it in another', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory);
    const large = Array.from({ length: 100 }, (_, i) => recordOf(i, KIB));
    await Promise.all([log.append(recordOf(0, 5)), log.append(large), log.append(recordOf(0, 6))]);
    await log.close();
    const counts = (await batchesOf(directory)).map(({ recordCount }) => recordCount);
    expect(counts).toEqual([1, 100, 1]);
  });

  test.each(['sync', 'none'] as const)(
    'APPEND-8 a group that the disk is full in the middle of: what was whole is done, the rest absent, durability %s',
    async (durability) => {
      const directory = await temporaryDirectory();
      const disk = new WatchedDisk();
      const log = await openLog(directory, { disk, durability, preallocate: false });
      await log.append(recordOf(1, KIB));
      const records = [2, 3, 4, 5].map((id) => recordOf(id, 20 * KIB));
      let writes = 0;
      // Of four batches two and a half are written.
      disk.shorten = () => 50 * KIB;
      disk.before = ({ operation }) => {
        if (operation === 'write' && ++writes === 2) throw noSpaceLeft();
      };
      const followed = log.iterator({ start: 2, follow: true });
      const second = followed.next();
      const appends = records.map((record) => log.append(record));
      const behind = log.truncate(2);
      expect(await appends[0]).toEqual({ firstId: 2, lastId: 2 });
      expect(await appends[1]).toEqual({ firstId: 3, lastId: 3 });
      for (const append of appends.slice(2)) await rejection(append, 'ERR_LOG_NO_SPACE');
      expect((await second).value?.id).toBe(2);
      await followed.return?.();
      await behind;
      expect([log.lastId, log.nextId]).toEqual([2, 3]);
      disk.before = undefined;
      disk.shorten = undefined;
      expect(await log.append(recordOf(6, 30))).toEqual({ firstId: 3, lastId: 3 });
      await log.close();
      const reopened = await openLog(directory);
      expect(reopened.recovery.torn).toBeUndefined();
      const expected = [recordOf(1, KIB), records[0], recordOf(6, 30)];
      for (const [i, data] of expected.entries()) {
        expect((await reopened.get(i + 1)).data).toEqual(data);
      }
      expect(reopened.nextId).toBe(4);
    },
  );

  test('APPEND-1 what a full disk let through of a group is synced before it is acknowledged', async () => {
    const directory = await temporaryDirectory();
    const disk = new WatchedDisk();
    const log = await openLog(directory, { disk, preallocate: false });
    await log.append(recordOf(1, KIB));
    let writes = 0;
    disk.shorten = () => 30 * KIB;
    disk.before = ({ operation, name }) => {
      if (operation === 'write' && ++writes === 2) throw noSpaceLeft();
      if (operation === 'sync' && name.endsWith('.wal')) throw inputOutputError();
    };
    const appends = [2, 3].map((id) => log.append(recordOf(id, 20 * KIB)));
    for (const append of appends) await rejection(append, 'ERR_LOG_OUTCOME_UNKNOWN');
    expect(log.lastId).toBe(1);
  });

  test('small segments have small batches, the last of a segment included', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory, { segmentBytes: 4 * KIB });
    await Promise.all(Array.from({ length: 8 }, (_, i) => log.append(recordOf(i, 60))));
    await log.close();
    const counts = (await batchesOf(directory)).map(({ recordCount }) => recordCount);
    expect(counts).toEqual([2, 2, 2, 2]);
  });
});
