import { truncate } from 'node:fs/promises';
import type { FsLog } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import { rejection } from './support/errors.ts';
import { makeUnclean, readSegment, writeSegment } from './support/log-files.ts';
import { fill, recordOf } from './support/records.ts';
import { openLog, segmentFiles, temporaryDirectory } from './support/temporary-log.ts';

interface Followed {
  readonly directory: string;
  readonly writer: FsLog;
  /** The next record of an iterator that has delivered records 1 to 20, and has not looked since. */
  next(): Promise<{ id: number; data: Uint8Array }>;
}

/** A log of twenty records, and a follower in another process, as it were, that has got them all. */
async function followed(): Promise<Followed> {
  const directory = await temporaryDirectory();
  const writer = await openLog(directory, { preallocate: false });
  await fill(writer, 20);
  const reader = await openLog(directory, { readOnly: true });
  const iterator = reader.iterator({ follow: true });
  for (let id = 1; id <= 20; id++) expect((await iterator.next()).value?.id).toBe(id);
  const next = async () => {
    const { value } = await iterator.next();
    return { id: value?.id as number, data: value?.data.slice() as Uint8Array };
  };
  return { directory, writer, next };
}

describe('ITERATE-9 a follower that has not looked while its records were truncated', () => {
  for (const rolls of [1, 3]) {
    test(`and trimmed: it is told, after ${rolls} rolls`, async () => {
      const { writer, next } = await followed();
      await writer.truncate(5);
      await fill(writer, 15, 50);
      for (let i = 0; i < rolls; i++) {
        await writer.roll();
        await fill(writer, 1, 50);
      }
      await writer.trim(20);
      const { lastId } = await rejection(next(), 'ERR_LOG_TRUNCATED');
      // How much of it was kept nothing tells any more: what a trim had taken before.
      expect(lastId).toBe(0);
    });
  }

  test('all of them, and appended again: it is told', async () => {
    const { writer, next } = await followed();
    await writer.trim(3);
    await writer.truncate(-1);
    await fill(writer, 17, 50);
    await writer.roll();
    await writer.trim(20);
    await fill(writer, 1, 50);
    await rejection(next(), 'ERR_LOG_TRUNCATED');
  });
});

describe('FOLLOW-1 a follower that has not looked while the log', () => {
  test('was rolled and trimmed goes on', async () => {
    for (const rolls of [1, 3]) {
      const { writer, next } = await followed();
      for (let i = 0; i < rolls; i++) {
        await writer.roll();
        await fill(writer, 2);
      }
      await writer.trim(20);
      for (let id = 21; id < 20 + 2 * rolls; id++) expect(await next()).toEqual(recordOf(id));
    }
  });

  test('was trimmed, and appended to by other owners, goes on', async () => {
    const { directory, writer, next } = await followed();
    await writer.trim(20);
    await writer.close();
    for (let i = 0; i < 3; i++) {
      const owner = await openLog(directory);
      await fill(owner, 1);
      await owner.close();
    }
    for (let id = 21; id < 24; id++) expect(await next()).toEqual(recordOf(id));
  });

  test('was trimmed and carried over as a whole goes on', async () => {
    const directory = await temporaryDirectory();
    const writer = await openLog(directory, { preallocate: false });
    await fill(writer, 20);
    await writer.roll();
    const reader = await openLog(directory, { readOnly: true });
    const iterator = reader.iterator({ follow: true });
    for (let id = 1; id <= 20; id++) await iterator.next();
    await fill(writer, 1);
    await writer.trim(20);
    await writer.close();
    await makeUnclean(directory);
    const [name = ''] = await segmentFiles(directory);
    const { path, end } = await readSegment(directory, name);
    await truncate(path, end);
    const owner = await openLog(directory);
    await fill(owner, 1);
    for (const id of [21, 22]) expect((await iterator.next()).value?.id).toBe(id);
  });

  test('got a segment from a stalled owner that is no part of it goes on', async () => {
    const { directory, writer, next } = await followed();
    await writer.close();
    const [name = ''] = await segmentFiles(directory);
    const { header } = await readSegment(directory, name);
    // As for a truncate(5), of which META never came to hear.
    const place = { sequence: header.sequence + 1, predecessor: header.sequence, firstId: 6 };
    await writeSegment(directory, place);
    const owner = await openLog(directory);
    await fill(owner, 2);
    for (const id of [21, 22]) expect(await next()).toEqual(recordOf(id));
  });

  test('was emptied by a trim and begun anew by another owner may be told of a truncate', async () => {
    const { directory, writer, next } = await followed();
    await writer.roll();
    await writer.trim(20);
    await writer.close();
    const owner = await openLog(directory);
    await fill(owner, 1);
    // The new segment goes on from none: so it would if the trimmed records had been others.
    const { lastId } = await rejection(next(), 'ERR_LOG_TRUNCATED');
    expect(lastId).toBe(0);
  });
});
