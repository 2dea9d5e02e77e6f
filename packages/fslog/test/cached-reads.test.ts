import { describe, expect, test } from 'vitest';
import { rejection } from './support/errors.ts';
import { editFile, readSegment } from './support/log-files.ts';
import { content, fill, recordOf } from './support/records.ts';
import { openLog, temporaryDirectory } from './support/temporary-log.ts';
import { Gate, isSegment, WatchedDisk } from './support/watched-disk.ts';

const KIB = 1024;

async function watchedLog(cacheBytes?: number) {
  const directory = await temporaryDirectory();
  const disk = new WatchedDisk();
  const log = await openLog(directory, { disk, ...(cacheBytes !== undefined && { cacheBytes }) });
  const reads = (): number =>
    disk.calls.filter((call) => call.operation === 'read' && isSegment(call)).length;
  return { directory, disk, log, reads };
}

describe('records that were read before', () => {
  test('READ-2 come from memory, with those before them in their batch', async () => {
    const { log, reads } = await watchedLog();
    const records = await fill(log, 20);
    expect(await log.get(20)).toEqual(records[19]);
    const before = reads();
    for (const record of records) expect(await log.get(record.id)).toEqual(record);
    expect(reads()).toBe(before);
  });

  test('READ-4 what a caller does to the bytes it was given does not reach the next one', async () => {
    const { log } = await watchedLog();
    const [record] = await fill(log, 1);
    for (let i = 0; i < 3; i++) {
      const { data } = await log.get(1);
      expect(data).toEqual(record?.data);
      data.fill(0);
    }
  });

  test('TRUNCATE-1 are forgotten by a truncate: their ids stand for others', async () => {
    const { log } = await watchedLog();
    const records = await fill(log, 10);
    for (const { id } of records) await log.get(id);
    await log.truncate(4);
    await rejection(log.get(5), 'ERR_LOG_NOT_FOUND');
    const others = Array.from({ length: 6 }, (_, i) => content(100 + i, 40));
    await log.append(others);
    expect(await log.get(4)).toEqual(records[3]);
    for (const [i, data] of others.entries())
      expect(await log.get(5 + i)).toEqual({ id: 5 + i, data });
  });

  test('TRUNCATE-1 are not kept if a truncate came while they were read', async () => {
    const { log, disk } = await watchedLog();
    await fill(log, 10);
    const gate = new Gate();
    disk.before = (call) =>
      call.operation === 'read' && isSegment(call) ? gate.pass() : undefined;
    const late = log.get(10).catch((error: unknown) => error);
    await gate.reached;
    await log.truncate(4);
    const data = content(1000, 50);
    await log.append(Array.from({ length: 6 }, () => data));
    gate.open();
    disk.before = undefined;
    await late;
    for (let id = 5; id <= 10; id++) expect(await log.get(id)).toEqual({ id, data });
  });

  test.each([
    ['as it goes on', false],
    ['once it is opened again', true],
  ])(
    'TRUNCATE-4 do not include what a truncate has cut off their batch, %s',
    async (_, isReopened) => {
      const directory = await temporaryDirectory();
      const first = await openLog(directory);
      const records = Array.from({ length: 10 }, (_record, i) => content(i, 40));
      await first.append(records);
      await first.truncate(5);
      const others = Array.from({ length: 5 }, (_record, i) => content(100 + i, 50));
      await first.append(others);
      if (isReopened) await first.close();
      const log = isReopened ? await openLog(directory) : first;
      const all = [...records.slice(0, 5), ...others];
      for (const id of [3, 6, 8, 10, 5, 1])
        expect(await log.get(id)).toEqual({ id, data: all[id - 1] });
    },
  );

  test('READ-3 are not given once they are trimmed', async () => {
    const { log } = await watchedLog();
    await fill(log, 10);
    await log.get(3);
    await log.trim(5);
    await rejection(log.get(3), 'ERR_LOG_TRIMMED');
    expect(await log.get(6)).toEqual(recordOf(6));
  });

  test('no more of them than the option says', async () => {
    const { log, reads } = await watchedLog(100 * KIB);
    for (let i = 0; i < 30; i++) await log.append(content(i, 10 * KIB));
    for (let id = 1; id <= 30; id++) await log.get(id);
    let before = reads();
    await log.get(30);
    expect(reads()).toBe(before);
    for (const id of [1, 5, 9]) {
      before = reads();
      await log.get(id); // The one that was used longest ago went first.
      expect(reads()).toBe(before + 1);
      await log.get(id);
      expect(reads()).toBe(before + 1);
    }
  });

  test('READ-6 without what was read besides them: they take what they have, and little more', async () => {
    const { log, reads } = await watchedLog(400 * KIB);
    const records = await fill(log, 600, 256);
    for (const record of records) expect(await log.get(record.id)).toEqual(record);
    const before = reads();
    for (const record of records) expect(await log.get(record.id)).toEqual(record);
    expect(reads()).toBe(before);
  });

  test('those that are used stay', async () => {
    const { log, reads } = await watchedLog(100 * KIB);
    for (let i = 0; i < 60; i++) await log.append(content(i, 10 * KIB));
    for (let id = 1; id <= 60; id++) {
      await log.get(id);
      await log.get(1);
    }
    const before = reads();
    await log.get(1);
    expect(reads()).toBe(before);
  });

  test('one of a batch larger than all of the memory is kept alone', async () => {
    const { log, reads } = await watchedLog(64 * KIB);
    const records = Array.from({ length: 100 }, (_, i) => content(i, KIB));
    await log.append(records);
    for (const id of [1, 50, 100, 50]) {
      expect(await log.get(id)).toEqual({ id, data: records[id - 1] });
    }
    const before = reads();
    for (const id of [1, 50, 100]) await log.get(id);
    expect(reads()).toBe(before);
    await log.get(51);
    expect(reads()).toBeGreaterThan(before);
  });

  test('none, if the option says so', async () => {
    const { log, reads } = await watchedLog(0);
    await fill(log, 3);
    for (let i = 1; i <= 3; i++) {
      const before = reads();
      expect(await log.get(2)).toEqual(recordOf(2));
      expect(reads()).toBeGreaterThan(before);
    }
  });

  test('a record larger than all of the memory is read each time', async () => {
    const { log } = await watchedLog(KIB);
    await log.append(content(1, 64 * KIB));
    for (let i = 0; i < 2; i++) expect((await log.get(1)).data).toEqual(content(1, 64 * KIB));
  });

  test('READ-2 damage beside a record does not keep it from being read', async () => {
    const { directory, log } = await watchedLog();
    await fill(log, 9);
    await log.roll();
    const [segment] = await log.listSegments();
    const { path, batches } = await readSegment(directory, segment?.name ?? '');
    await editFile(path, (bytes) => {
      const at = (batches[4]?.byteOffset ?? 0) + 70;
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      return undefined;
    });
    for (const id of [9, 6, 1, 4]) expect(await log.get(id)).toEqual(recordOf(id));
    const error = await rejection(log.get(5), 'ERR_LOG_CORRUPT');
    expect(error).toMatchObject({ firstAffectedId: 5, byteOffset: batches[4]?.byteOffset });
    expect(await log.get(6)).toEqual(recordOf(6));
  });
});
