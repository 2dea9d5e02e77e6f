import { cp, readFile, rename, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogRecord } from '@wal/core';
import { openFsLog } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import { rejection } from './support/errors.ts';
import { type LeftBehind, leftBehind, startOf } from './support/left-behind.ts';
import { editFile, metaPath, readSegment } from './support/log-files.ts';
import { fill, readAll, recordOf, recordsOf } from './support/records.ts';
import { openLog, segmentFiles, snapshot, temporaryDirectory } from './support/temporary-log.ts';
import { WatchedDisk } from './support/watched-disk.ts';

describe('OPEN-4 what was acknowledged and does not check out is corrupt', () => {
  /** Both kinds of opening report where, and neither changes a byte. */
  async function expectCorrupt(
    { directory, tail }: LeftBehind,
    byteOffset: number,
    firstAffectedId: number,
  ): Promise<void> {
    const before = await snapshot(directory);
    for (const readOnly of [false, true]) {
      const error = await rejection(openFsLog(directory, { readOnly }), 'ERR_LOG_CORRUPT');
      expect(error).toMatchObject({ segment: tail.name, byteOffset, firstAffectedId });
      expect(error.message).toContain(`byteOffset=${byteOffset}`);
    }
    expect(await snapshot(directory)).toEqual(before);
  }

  for (let batch = 0; batch < 4; batch++) {
    test(`a changed byte in batch ${batch + 1} of 5, below a later one`, async () => {
      for (const place of [5, 20, 50, 64, 70]) {
        const left = await leftBehind();
        const at = startOf(left.tail, batch);
        await editFile(left.tail.path, (bytes) => {
          bytes[at + place] = (bytes[at + place] as number) ^ 1;
          return undefined;
        });
        await expectCorrupt(left, at, batch + 1);
      }
    });
  }

  test('a batch of zeros below a later one', async () => {
    const left = await leftBehind();
    await editFile(left.tail.path, (bytes) => {
      bytes.fill(0, startOf(left.tail, 1), startOf(left.tail, 2));
      return undefined;
    });
    await expectCorrupt(left, startOf(left.tail, 1), 2);
  });

  test('everything is rotten but one header far behind', async () => {
    const left = await leftBehind();
    await editFile(left.tail.path, (bytes) => {
      bytes.fill(0x5a, left.tail.header.headerBytes, startOf(left.tail, 4));
      return undefined;
    });
    await expectCorrupt(left, left.tail.header.headerBytes, 1);
  });

  test("the tail's header", async () => {
    const left = await leftBehind();
    await editFile(left.tail.path, (bytes) => {
      bytes[40] = (bytes[40] as number) ^ 1;
      return undefined;
    });
    await expectCorrupt(left, 0, 1);
  });

  test('the tail of a log that was closed is shorter than that', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory);
    await fill(log, 5);
    await log.close();
    const [name = ''] = await segmentFiles(directory);
    const tail = await readSegment(directory, name);
    await truncate(tail.path, tail.end - 1);
    const before = await snapshot(directory);
    for (const readOnly of [false, true]) {
      const error = await rejection(openFsLog(directory, { readOnly }), 'ERR_LOG_CORRUPT');
      const byteOffset = startOf(tail, 4);
      expect(error).toMatchObject({ segment: name, byteOffset, firstAffectedId: 5 });
    }
    expect(await snapshot(directory)).toEqual(before);
  });

  test('nothing stays open after a refusal', async () => {
    const left = await leftBehind();
    await editFile(left.tail.path, (bytes) =>
      bytes.fill(7, startOf(left.tail, 0), startOf(left.tail, 1)),
    );
    for (const readOnly of [false, true]) {
      const disk = new WatchedDisk();
      await rejection(openFsLog(left.directory, { disk, readOnly }), 'ERR_LOG_CORRUPT');
      expect(disk.openFiles).toBe(0);
    }
  });
});

describe('sealed segments', () => {
  async function threeSegments(): Promise<{ directory: string; names: string[] }> {
    const directory = await temporaryDirectory();
    const log = await openLog(directory);
    for (let i = 0; i < 3; i++) {
      if (i > 0) await log.roll();
      await fill(log, 10);
    }
    await log.close();
    return { directory, names: await segmentFiles(directory) };
  }

  async function readUntilError(directory: string, readOnly: boolean): Promise<LogRecord[]> {
    const log = await openLog(directory, { readOnly });
    const records: LogRecord[] = [];
    const iterator = log.iterator();
    const failing = (async () => {
      for (;;) {
        const run = await iterator.nextBatch();
        if (run.length === 0) return;
        records.push(...run.map(({ id, data }) => ({ id, data: data.slice() })));
      }
    })();
    await rejection(failing, 'ERR_LOG_CORRUPT');
    await log.close();
    return records;
  }

  test('damage is found when they are read, not at open', async () => {
    const { directory, names } = await threeSegments();
    const segment = await readSegment(directory, names[1] as string);
    const at = startOf(segment, 4);
    await editFile(segment.path, (bytes) => {
      bytes[at + 70] = (bytes[at + 70] as number) ^ 1;
      return undefined;
    });
    for (const readOnly of [false, true]) {
      const log = await openLog(directory, { readOnly });
      expect(await readAll(log, { start: 21 })).toEqual(recordsOf(21, 30));
      expect(await readAll(log, { end: 14 })).toEqual(recordsOf(1, 14));
      const error = await rejection(log.get(15), 'ERR_LOG_CORRUPT');
      expect(error).toMatchObject({ segment: names[1], byteOffset: at, firstAffectedId: 15 });
      await log.close();
      expect(await readUntilError(directory, readOnly)).toEqual(recordsOf(1, 14));
    }
  });

  test('a missing one is found when it is read', async () => {
    const { directory, names } = await threeSegments();
    await rename(join(directory, names[1] as string), join(directory, 'elsewhere'));
    const log = await openLog(directory);
    await rejection(log.get(15), 'ERR_LOG_CORRUPT');
    expect(await readAll(log, { start: 21 })).toEqual(recordsOf(21, 30));
    await fill(log, 1);
    await log.close();
    expect((await readUntilError(directory, false)).length).toBeLessThanOrEqual(10);
    expect(await segmentFiles(directory)).toContain(names[0]);
  });

  test('the first one missing is found by whatever needs more than the tail', async () => {
    const { directory, names } = await threeSegments();
    await rename(join(directory, names[0] as string), join(directory, 'elsewhere'));
    const segments = await segmentFiles(directory);
    for (const readOnly of [false, true]) {
      const log = await openLog(directory, { readOnly });
      expect(await log.get(25)).toEqual(recordOf(25));
      for (const need of [
        () => log.get(5),
        () => log.get(20),
        () => log.iterator().next(),
        () => log.listSegments(),
      ]) {
        const error = await rejection(need(), 'ERR_LOG_CORRUPT');
        expect(error).toMatchObject({ segment: names[1], byteOffset: 0, firstAffectedId: 1 });
        expect(error.message).toContain('records 1 to 10');
      }
      await log.close();
      expect(await segmentFiles(directory)).toEqual(segments);
    }
    for (const change of ['truncate', 'trim'] as const) {
      const log = await openLog(directory);
      await rejection(log[change](15), 'ERR_LOG_CORRUPT');
      await log.close();
      expect(await segmentFiles(directory)).toEqual(segments);
    }
  });

  test('the tail missing is found at open', async () => {
    const { directory, names } = await threeSegments();
    await rename(join(directory, names[2] as string), join(directory, 'elsewhere'));
    const before = await snapshot(directory);
    for (const readOnly of [false, true]) {
      const error = await rejection(openFsLog(directory, { readOnly }), 'ERR_LOG_CORRUPT');
      expect(error).toMatchObject({ segment: names[2], firstAffectedId: 21 });
    }
    expect(await snapshot(directory)).toEqual(before);
  });

  test('one of another log is corrupt', async () => {
    const { directory, names } = await threeSegments();
    const other = await threeSegments();
    await writeFile(
      join(directory, names[2] as string),
      await readFile(join(other.directory, other.names[2] as string)),
    );
    const before = await snapshot(directory);
    const error = await rejection(openFsLog(directory), 'ERR_LOG_CORRUPT');
    expect(error.segment).toBe(names[2]);
    expect(await snapshot(directory)).toEqual(before);
  });

  test('a full copy of the directory is the same log', async () => {
    const { directory, names } = await threeSegments();
    const copy = await temporaryDirectory();
    for (const name of ['META', ...names]) {
      await cp(join(directory, name), join(copy, name), { recursive: true });
    }
    expect((await stat(metaPath(copy))).size).toBe(8192);
    expect(await readAll(await openLog(copy))).toEqual(recordsOf(1, 30));
  });
});
