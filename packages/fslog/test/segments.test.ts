import { readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeFooter, segmentSalt } from '@wal/core';
import { describe, expect, test } from 'vitest';
import { editFile, readMeta, readSegment, type SegmentFile } from './support/log-files.ts';
import { fill, ids, readAll, readIds, recordOf, recordsOf } from './support/records.ts';
import { openLog, segmentFiles, temporaryDirectory } from './support/temporary-log.ts';
import { Gate, isSegment, WatchedDisk } from './support/watched-disk.ts';

const NAME = /^([0-9a-f]{16})-([0-9a-f]{16})\.wal$/;

function firstIdsOf(names: readonly string[]): number[] {
  return names.map((name) => Number.parseInt(NAME.exec(name)?.[2] ?? '', 16));
}

function sequencesOf(names: readonly string[]): number[] {
  return names.map((name) => Number.parseInt(NAME.exec(name)?.[1] ?? '', 16));
}

async function readSegments(directory: string): Promise<SegmentFile[]> {
  const names = await segmentFiles(directory);
  return await Promise.all(names.map((name) => readSegment(directory, name)));
}

describe('segment files', () => {
  test('a new log has none until its first append', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory, { firstId: 7 });
    expect(await log.listSegments()).toEqual([]);
    expect(await segmentFiles(directory)).toEqual([]);
    await fill(log, 1);
    expect(await segmentFiles(directory)).toHaveLength(1);
  });

  test('are named by their sequence and first id, as `segments` says', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory, { firstId: 250 });
    for (let i = 0; i < 3; i++) {
      await fill(log, 10);
      await log.roll();
    }
    const names = await segmentFiles(directory);
    for (const name of names) expect(name).toMatch(NAME);
    expect(firstIdsOf(names)).toEqual([250, 260, 270, 280]);
    const told = await log.listSegments();
    expect(told.map(({ name }) => name)).toEqual(names);
    expect(told.map(({ firstId }) => firstId)).toEqual(firstIdsOf(names));
    expect(told.map(({ sequence }) => sequence)).toEqual(sequencesOf(names));
    const sequences = sequencesOf(names);
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
  });

  test('a segment is rolled before it grows over segmentBytes', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory, { segmentBytes: 4096 });
    await fill(log, 200);
    await log.close();
    const segments = await readSegments(directory);
    expect(segments.length).toBeGreaterThan(4);
    for (const [i, { end, batches }] of segments.entries()) {
      expect(end).toBeLessThanOrEqual(4096);
      // Not rolled too early either: the next group would not have fitted.
      if (i < segments.length - 1) expect(end).toBeGreaterThan(4096 - 64 - 40 - 8);
      expect(batches.length).toBeGreaterThan(0);
    }
    expect(await readAll(await openLog(directory))).toEqual(recordsOf(1, 200));
  });

  test('a batch that is larger than a segment gets one of its own', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory, { segmentBytes: 4096 });
    await fill(log, 2);
    const batch = Array.from({ length: 40 }, (_, i) => recordOf(3 + i, 1000));
    await log.append(batch);
    await log.append(recordOf(43, 100_000));
    await fill(log, 1);
    expect((await log.listSegments()).map(({ firstId }) => firstId)).toEqual([1, 3, 43, 44]);
    const expected = [...recordsOf(1, 2), ...batch, recordOf(43, 100_000), recordOf(44)];
    expect(await readAll(log)).toEqual(expected);
    await log.close();
    expect(await readAll(await openLog(directory))).toEqual(expected);
  });

  test('roll() cuts a segment, and does nothing where the current one is empty', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory);
    await log.roll();
    expect(await log.listSegments()).toHaveLength(0);
    await fill(log, 1);
    await Promise.all([log.roll(), log.roll(), log.roll()]);
    await log.roll();
    expect((await log.listSegments()).map(({ firstId }) => firstId)).toEqual([1, 2]);
    await fill(log, 1);
    expect(await log.listSegments()).toHaveLength(2);
    expect(await readIds(log)).toEqual([1, 2]);
  });

  test('ORDER-1 roll takes its turn between appends', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory);
    await Promise.all([log.append(recordOf(1)), log.roll(), log.append(recordOf(2)), log.roll()]);
    expect((await log.listSegments()).map(({ firstId }) => firstId)).toEqual([1, 2, 3]);
    expect(await readAll(log)).toEqual(recordsOf(1, 2));
  });

  test("every header has the log's uuid and metadata, and names its predecessor", async () => {
    const directory = await temporaryDirectory();
    const metadata = Buffer.from('what this log is for');
    let log = await openLog(directory, { metadata });
    for (let i = 0; i < 3; i++) {
      await fill(log, 2);
      await log.roll();
    }
    await log.close();
    log = await openLog(directory);
    await fill(log, 2);
    await log.truncate(3);
    await fill(log, 1);
    await log.close();
    const { uuid } = await readMeta(directory);
    const segments = await readSegments(directory);
    expect(segments.map(({ header }) => header.firstId)).toEqual([1, 3, 4]);
    let predecessor = 0;
    for (const { header, name } of segments) {
      expect(Buffer.from(header.uuid)).toEqual(Buffer.from(uuid));
      expect(Buffer.from(header.metadata)).toEqual(metadata);
      expect(header.sequence).toBe(sequencesOf([name])[0]);
      expect(header.predecessor).toBe(predecessor);
      predecessor = header.sequence;
    }
  });
});

describe('footers', () => {
  async function rolled(count: number): Promise<string> {
    const directory = await temporaryDirectory();
    const log = await openLog(directory);
    await fill(log, count, 200);
    await log.roll();
    await log.close();
    return directory;
  }

  test('a sealed segment ends with one that leads to every 4 KiB of it', async () => {
    const directory = await rolled(200);
    const [segment] = await readSegments(directory);
    const { bytes, end, header, batches } = segment as SegmentFile;
    const salt = segmentSalt(header.uuid, header.sequence);
    const footer = decodeFooter(bytes.subarray(end), end, header.firstId, salt);
    expect(footer).toMatchObject({ byteOffset: end, nextId: 201 });
    const entries = footer?.entries ?? [];
    expect(entries.length).toBeGreaterThan(5);
    for (const [i, { firstId, byteOffset }] of entries.entries()) {
      const batch = batches.find((each) => each.byteOffset === byteOffset);
      expect(batch?.firstId).toBe(firstId);
      if (i > 0)
        expect(byteOffset - (entries[i - 1]?.byteOffset ?? 0)).toBeGreaterThanOrEqual(4096);
    }
  });

  const DAMAGE: readonly (readonly [string, (segment: SegmentFile) => Promise<void>])[] = [
    ['cut off', ({ path, end }) => truncate(path, end)],
    ['half cut off', ({ path, end, bytes }) => truncate(path, (end + bytes.length) >> 1)],
    ['with a changed entry', ({ path, end }) => flip(path, end + 44)],
    ['with a changed length', ({ path, bytes }) => flip(path, bytes.length - 8)],
    ['with a changed magic', ({ path, end }) => flip(path, end)],
    ['zeroed', ({ path, end }) => editFile(path, (bytes) => bytes.fill(0, end))],
  ];

  async function flip(path: string, at: number): Promise<void> {
    await editFile(path, (bytes) => {
      bytes[at] = (bytes[at] as number) ^ 0x10;
      return undefined;
    });
  }

  for (const [what, damage] of DAMAGE) {
    test(`one that is ${what} is only a cache: a scan tells the same`, async () => {
      const directory = await rolled(200);
      const [segment] = await readSegments(directory);
      await damage(segment as SegmentFile);
      const log = await openLog(directory);
      expect(await log.get(150)).toEqual(recordOf(150, 200));
      expect(await readAll(log)).toEqual(recordsOf(1, 200, 200));
      const reader = await openLog(directory, { readOnly: true });
      expect(await readAll(reader)).toEqual(recordsOf(1, 200, 200));
    });
  }
});

describe('TRUNCATE-1 truncate by a successor', () => {
  test('cuts no bytes: the segment stays as it is, another one takes over', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory, { preallocate: false });
    await fill(log, 10);
    const [name = ''] = await segmentFiles(directory);
    const before = await readFile(join(directory, name));
    await log.truncate(4);
    const after = await readFile(join(directory, name));
    expect(after.subarray(0, before.length).equals(before)).toBe(true);
    expect(firstIdsOf(await segmentFiles(directory))).toEqual([1, 5]);
    await log.append(recordOf(5, 100));
    const expected = [...recordsOf(1, 4), recordOf(5, 100)];
    expect(await readAll(log)).toEqual(expected);
    await log.close();
    expect(await readAll(await openLog(directory))).toEqual(expected);
  });

  test('superseded files are removed, durably', async () => {
    const directory = await temporaryDirectory();
    const disk = new WatchedDisk();
    const log = await openLog(directory, { disk });
    for (let i = 0; i < 4; i++) {
      await fill(log, 5);
      await log.roll();
    }
    const names = await segmentFiles(directory);
    disk.reset();
    await log.truncate(7);
    await log.close();
    expect(firstIdsOf(await segmentFiles(directory))).toEqual([1, 6, 8]);
    const removals = disk.done.filter(({ operation }) => operation === 'remove');
    expect(removals.map(({ name }) => name)).toEqual(names.slice(2));
    const last = disk.done.indexOf(removals.at(-1) as (typeof removals)[0]);
    expect(disk.done.slice(last).map(({ operation }) => operation)).toContain('syncDirectory');
  });

  test('truncate to nothing leaves one segment, that begins with the next id', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory, { firstId: 3 });
    await fill(log, 5);
    await log.roll();
    await fill(log, 5);
    await log.truncate(-1);
    await log.close();
    expect(firstIdsOf(await segmentFiles(directory))).toEqual([3]);
    const again = await openLog(directory);
    expect([again.firstId, again.nextId]).toEqual([undefined, 3]);
  });
});

describe('TRIM-1 trim', () => {
  async function fiveSegments(disk: WatchedDisk, directory: string) {
    const log = await openLog(directory, { disk });
    for (let i = 0; i < 5; i++) {
      if (i > 0) await log.roll();
      await fill(log, 10);
    }
    disk.reset();
    return log;
  }

  test('removes files oldest first, and only those that are whole below it', async () => {
    const directory = await temporaryDirectory();
    const disk = new WatchedDisk();
    const log = await fiveSegments(disk, directory);
    const names = await segmentFiles(directory);
    await log.trim(9);
    await log.trim(29);
    await log.trim(30);
    await log.close();
    const removed = disk.done.filter(({ operation }) => operation === 'remove');
    expect(removed.map(({ name }) => name)).toEqual(names.slice(0, 3));
    expect(firstIdsOf(await segmentFiles(directory))).toEqual([31, 41]);
    expect(await readIds(await openLog(directory))).toEqual(ids(31, 50));
  });

  test('resolves before a file is removed: only META has to be durable', async () => {
    const directory = await temporaryDirectory();
    const disk = new WatchedDisk();
    const log = await fiveSegments(disk, directory);
    const gate = new Gate();
    disk.before = async ({ operation }) => {
      if (operation === 'remove') await gate.pass();
    };
    await log.trim(25);
    expect(await segmentFiles(directory)).toHaveLength(5);
    expect((await log.listSegments()).map(({ firstId }) => firstId)).toEqual([21, 31, 41]);
    gate.open();
    await log.close();
    expect(firstIdsOf(await segmentFiles(directory))).toEqual([21, 31, 41]);
  });

  test('TRIM-2 beyond the end: every old file goes once the next id is written', async () => {
    const directory = await temporaryDirectory();
    const disk = new WatchedDisk();
    const log = await fiveSegments(disk, directory);
    await log.trim(100);
    expect([log.firstId, log.lastId, log.nextId]).toEqual([undefined, undefined, 101]);
    await fill(log, 1);
    expect((await log.listSegments()).map(({ firstId }) => firstId)).toEqual([101]);
    await log.close();
    expect(firstIdsOf(await segmentFiles(directory))).toEqual([101]);
    const again = await openLog(directory);
    expect(again.recovery).toEqual({ wasClean: true, torn: undefined });
    expect(await readAll(again)).toEqual([recordOf(101)]);
  });

  test('TRIM-2 beyond the end, then closed: it was a clean close', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory);
    await fill(log, 5);
    await log.trim(100);
    await log.close();
    const again = await openLog(directory);
    expect(again.recovery).toEqual({ wasClean: true, torn: undefined });
    expect(again.nextId).toBe(101);
  });

  test('what a crash kept from being removed is removed by the next opening', async () => {
    const directory = await temporaryDirectory();
    const disk = new WatchedDisk();
    const log = await fiveSegments(disk, directory);
    const names = await segmentFiles(directory);
    disk.before = ({ operation }) => {
      if (operation === 'remove') throw new Error('not now');
    };
    await log.trim(25);
    await log.close();
    expect(await segmentFiles(directory)).toEqual(names);
    const again = await openLog(directory);
    await again.get(50);
    expect(await segmentFiles(directory)).toEqual(names);
    await again.get(26); // Now the directory is read.
    await again.close();
    expect(await segmentFiles(directory)).toEqual(names.slice(2));
  });
});

describe('sequences', () => {
  test('are never used again, whatever was removed, truncated or reopened', async () => {
    const directory = await temporaryDirectory();
    const used = new Set<string>();
    let last = 0;
    const disk = new WatchedDisk();
    disk.before = (call) => {
      if (call.operation !== 'create' || !isSegment(call)) return;
      const [sequence = 0] = sequencesOf([call.name]);
      expect(sequence).toBeGreaterThan(last);
      last = sequence;
      used.add(call.name.slice(0, 16));
    };
    for (let round = 0; round < 6; round++) {
      const log = await openLog(directory, { disk });
      await fill(log, 3);
      await log.roll();
      await fill(log, 2);
      await log.truncate(log.nextId - 4);
      await fill(log, 1);
      if (round % 2 === 1) await log.truncate(-1);
      if (round % 3 === 2) await log.trim(log.nextId + 10);
      await log.close();
    }
    expect(used.size).toBeGreaterThan(18);
  });

  test('a new owner starts a new segment, and supersedes an empty one', async () => {
    const directory = await temporaryDirectory();
    let log = await openLog(directory);
    await fill(log, 3);
    await log.roll();
    await log.close();
    const [first, empty] = await segmentFiles(directory);
    log = await openLog(directory);
    await fill(log, 1);
    await log.close();
    const names = await segmentFiles(directory);
    expect(names).toHaveLength(2);
    expect(names[0]).toBe(first);
    expect(names[1]).not.toBe(empty);
    expect(firstIdsOf(names)).toEqual([1, 4]);
    expect(await readIds(await openLog(directory))).toEqual(ids(1, 4));
  });

  test('opening without an append creates no segment', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory);
    await fill(log, 3);
    await log.close();
    const names = await segmentFiles(directory);
    for (let i = 0; i < 3; i++) await (await openLog(directory)).close();
    expect(await segmentFiles(directory)).toEqual(names);
  });
});
