import { readFile, truncate } from 'node:fs/promises';
import { decodeFooter, segmentSalt } from '@wal/core';
import { verifyFsLog } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import { rejection } from './support/errors.ts';
import { editFile, makeUnclean, readSegment } from './support/log-files.ts';
import { fill, readAll, recordOf, recordsOf } from './support/records.ts';
import { openLog, segmentFiles, temporaryDirectory } from './support/temporary-log.ts';
import { noSpaceLeft, WatchedDisk } from './support/watched-disk.ts';

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
