import { readFile, truncate } from 'node:fs/promises';
import { SimDisk, SimRandom, SimStorage } from '@wal/conformance';
import { decodeFooter, segmentSalt } from '@wal/core';
import { type FsLog, openFsLog, verifyFsLog } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import { rejection } from './support/errors.ts';
import { editFile, makeUnclean, readSegment } from './support/log-files.ts';
import { fill, readAll, recordOf, recordsOf } from './support/records.ts';
import { openLog, segmentFiles, temporaryDirectory } from './support/temporary-log.ts';
import { inputOutputError, noSpaceLeft, WatchedDisk } from './support/watched-disk.ts';

describe('a segment that is not the tail any more', () => {
  async function successorsIn(directory: string): Promise<(number | undefined)[]> {
    const names = await segmentFiles(directory);
    return await Promise.all(names.map((name) => successorIn(directory, name)));
  }

  async function successorIn(directory: string, name: string): Promise<number | undefined> {
    const { header, bytes, end } = await readSegment(directory, name);
    const salt = segmentSalt(header.uuid, header.sequence);
    return decodeFooter(bytes.subarray(end), end, header.firstId, salt)?.successor;
  }

  test('names its successor before a batch is written there, whoever wrote it', async () => {
    const directory = await temporaryDirectory();
    for (const leave of ['closed', 'not closed', 'without footer', 'closed'] as const) {
      const log = await openLog(directory);
      await fill(log, 3);
      await log.roll();
      await fill(log, 3);
      await log.close();
      const tail = await readSegment(directory, (await segmentFiles(directory)).at(-1) as string);
      if (leave === 'not closed') await makeUnclean(directory);
      if (leave !== 'closed') await truncate(tail.path, tail.end);
    }
    const log = await openLog(directory);
    const before = await successorsIn(directory);
    await log.roll();
    expect(await successorsIn(directory)).toEqual(before);
    await fill(log, 1);
    const sequences = (await log.listSegments()).map(({ sequence }) => sequence);
    expect(sequences.length).toBeGreaterThanOrEqual(8);
    expect(await successorsIn(directory)).toEqual([...sequences.slice(1), undefined]);
    expect(await readAll(log)).toEqual(recordsOf(1, 25));
  });

  test('is named in vain while the disk is full, and again by the next append', async () => {
    const directory = await temporaryDirectory();
    const disk = new WatchedDisk();
    const log = await openLog(directory, { disk, preallocate: false });
    await fill(log, 3);
    const [old = ''] = await segmentFiles(directory);
    disk.before = ({ operation, name }) => {
      if (operation === 'write' && name === old) throw noSpaceLeft();
    };
    await log.roll();
    await rejection(log.append(recordOf(4)), 'ERR_LOG_NO_SPACE');
    expect(await successorIn(directory, old)).toBeUndefined();
    disk.before = undefined;
    await fill(log, 1);
    expect(await successorIn(directory, old)).toBe((await log.listSegments())[1]?.sequence);
    expect(await readAll(log)).toEqual(recordsOf(1, 4));
  });
});

test('is named for want of anything but space: what fails otherwise ends the log', async () => {
  const directory = await temporaryDirectory();
  const disk = new WatchedDisk();
  const log = await openLog(directory, { disk, preallocate: false });
  await fill(log, 3);
  const [old = ''] = await segmentFiles(directory);
  disk.before = ({ operation, name }) => {
    if (operation === 'write' && name === old) throw inputOutputError();
  };
  await rejection(log.roll(), 'ERR_LOG_FAILED');
  disk.before = undefined;
  await rejection(log.append(recordOf(4)), 'ERR_LOG_FAILED');
  await log.close();
  expect(await readAll(await openLog(directory))).toEqual(recordsOf(1, 3));
});

test('OPEN-4 an older META is told after a power cut, too, by the segment that an owner before has left', async () => {
  const storage = new SimStorage();
  const open = (on: SimStorage): Promise<FsLog> => {
    const disk = new SimDisk(on);
    return openFsLog('/log', { disk, segmentBytes: 4096, preallocate: false });
  };
  const isMeta = ([path]: readonly [string, Uint8Array]): boolean => path.includes('/META/');
  const before = await open(storage);
  await fill(before, 2);
  await before.close();
  const older = [...storage.files('/log')].filter(isMeta);
  await fill(await open(storage), 1);
  for (let seed = 0; seed < 20; seed++) {
    const left = storage.afterPowerLoss(new SimRandom(seed));
    for (const [path] of [...left.files('/log')].filter(isMeta)) left.remove(path);
    for (const [path, bytes] of older) left.put(path, bytes);
    expect((await rejection(open(left), 'ERR_LOG_CORRUPT')).firstAffectedId).toBe(3);
  }
});

test('CRASH-1 a damaged segment without footer loses nothing more by naming its successor', async () => {
  const directory = await temporaryDirectory();
  const log = await openLog(directory);
  await fill(log, 10);
  await log.close();
  const [name = ''] = await segmentFiles(directory);
  const before = await readSegment(directory, name);
  await truncate(before.path, before.end);
  await editFile(before.path, (bytes) => {
    const at = (before.batches[2]?.byteOffset as number) + 70;
    bytes[at] = (bytes[at] as number) ^ 1;
    return undefined;
  });
  const damaged = await readFile(before.path);
  const again = await openLog(directory);
  await fill(again, 1);
  await again.close();
  const after = await readFile(before.path);
  expect(after.subarray(0, before.end).equals(damaged)).toBe(true);
  const { lost } = await verifyFsLog(directory);
  expect(lost).toMatchObject([{ firstId: 3, lastId: 3 }]);
});
