import { BatchBuilder } from '@wal/core';
import { describe, expect, test, vi } from 'vitest';
import { rejection } from './support/errors.ts';
import { content, fill, ids, readAll, readIds, recordOf, recordsOf } from './support/records.ts';
import { openLog, temporaryDirectory } from './support/temporary-log.ts';
import { isBatchWrite, noSpaceLeft, WatchedDisk } from './support/watched-disk.ts';

describe('maxQueuedBytes', () => {
  const LIMIT = 10_000;

  test('LIMITS-2 a batch over it is refused, one of exactly it is taken', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory, { maxRecordBytes: 4000, maxQueuedBytes: LIMIT });
    const over = [content(1, 4000), content(2, 4000), content(3, 2001)];
    expect((await rejection(log.append(over), 'ERR_LOG_TOO_LARGE')).limit).toBe(LIMIT);
    expect(log.nextId).toBe(1);
    await log.append([content(1, 4000), content(2, 4000), content(3, 2000)]);
    expect(log.lastId).toBe(3);
  });

  test('ORDER-1 appends beyond it wait: order kept, nothing lost, barriers in their place', async () => {
    const directory = await temporaryDirectory();
    const options = { maxRecordBytes: 4000, maxQueuedBytes: LIMIT, segmentBytes: 65_536 };
    const log = await openLog(directory, options);
    const settled: number[] = [];
    const appends = ids(1, 200).map(async (id) => {
      const { firstId } = await log.append(recordOf(id, 1000));
      settled.push(firstId);
    });
    const trimming = log.trim(50);
    const rest = ids(201, 210).map((id) => log.append(recordOf(id, 1000)));
    expect(log.nextId).toBe(211);
    await Promise.all([...appends, trimming, ...rest]);
    expect(settled).toEqual(ids(1, 200));
    expect(await readAll(log)).toEqual(recordsOf(51, 210, 1000));
  });

  test('APPEND-4 one that waits has its own copy of the bytes, of a Buffer too', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory, { maxRecordBytes: 4000, maxQueuedBytes: 4000 });
    const buffers = ids(1, 20).map((id) => Buffer.from(content(id, 1000)));
    const appends = buffers.map((buffer) => log.append(buffer));
    for (const buffer of buffers) buffer.fill(0);
    await Promise.all(appends);
    expect(await readAll(log)).toEqual(recordsOf(1, 20, 1000));
  });

  test('APPEND-8 those that wait fail with those they wait for', async () => {
    const directory = await temporaryDirectory();
    const disk = new WatchedDisk();
    const options = { disk, maxRecordBytes: 4000, maxQueuedBytes: 4000, preallocate: false };
    const log = await openLog(directory, options);
    await fill(log, 1);
    disk.before = (call) => {
      if (isBatchWrite(call)) throw noSpaceLeft();
    };
    const appends = ids(2, 30).map((id) => log.append(recordOf(id, 1000)));
    for (const append of appends) await rejection(append, 'ERR_LOG_NO_SPACE');
    disk.before = undefined;
    expect(log.nextId).toBe(2);
    await Promise.all(ids(2, 30).map((id) => log.append(recordOf(id, 1000))));
    expect(await readIds(log)).toEqual(ids(1, 30));
  });

  test('APPEND-8 without memory for one that waits, what waits behind it has its turn', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory, { maxRecordBytes: 4000, maxQueuedBytes: 4000 });
    const first = log.append(recordOf(1, 3000));
    const waiting = log.append(recordOf(2, 3000));
    const trimming = log.trim(1);
    vi.spyOn(BatchBuilder.prototype, 'reserve').mockImplementationOnce(() => {
      throw new RangeError('Array buffer allocation failed');
    });
    await first;
    await rejection(waiting, 'ERR_LOG_FAILED');
    await rejection(trimming, 'ERR_LOG_FAILED');
    await log.close();
  });

  test('CLOSE-1 close waits for those that wait', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory, { maxRecordBytes: 4000, maxQueuedBytes: 4000 });
    const appends = ids(1, 30).map((id) => log.append(recordOf(id, 1000)));
    await log.close();
    await Promise.all(appends);
    expect(await readIds(await openLog(directory))).toEqual(ids(1, 30));
  });
});
