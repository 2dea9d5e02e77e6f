import { cp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { segmentSalt } from '@wal/core';
import { nodeDisk, openFsLog, repairFsLog, verifyFsLog } from '@wal/fslog';
import { describe, expect, onTestFinished, test } from 'vitest';
import { rejection } from './support/errors.ts';
import { leftBehind, startOf } from './support/left-behind.ts';
import { editFile, metaPath, readSegment, sealBatch, untilMarked } from './support/log-files.ts';
import { fill, readAll, recordsOf } from './support/records.ts';
import { openLog, segmentFiles, snapshot, temporaryDirectory } from './support/temporary-log.ts';
import { noSpaceLeft, WatchedDisk } from './support/watched-disk.ts';
import { flip, threeSegments } from './verification/three-segments.ts';

/** Thirty records in three segments, in a directory whose neighbours are removed with it. */
async function logWithRoom(): Promise<{ directory: string; names: string[] }> {
  const { directory: made, names } = await threeSegments();
  const directory = join(await temporaryDirectory(), 'log');
  await cp(made, directory, { recursive: true });
  return { directory, names };
}

/** Damages the batch that holds a record. */
async function damageRecord(directory: string, id: number): Promise<{ name: string; at: number }> {
  for (const name of await segmentFiles(directory)) {
    const { path, batches } = await readSegment(directory, name);
    const batch = batches.find(({ firstId, recordCount }) => {
      return firstId <= id && id < firstId + recordCount;
    });
    if (batch === undefined) continue;
    await flip(path, batch.byteOffset + 70);
    return { name, at: batch.byteOffset };
  }
  throw new Error(`record ${id} is nowhere`);
}

describe('what costs no record is set right unasked', () => {
  test('a header, a footer, a slot of META, with copies of what was there', async () => {
    const { directory, names } = await logWithRoom();
    const { path, end } = await readSegment(directory, names[0] as string);
    await flip(path, end + 10);
    await flip(join(directory, names[1] as string), 20);
    await flip(metaPath(directory), 50);
    const header = (await readFile(join(directory, names[1] as string))).subarray(0, 80);
    const whole = await readFile(path);
    const result = await repairFsLog(directory);
    expect(result).toMatchObject({ gone: [], remaining: [] });
    expect(result.found.isReadable).toBe(false);
    expect((await verifyFsLog(directory)).problems).toEqual([]);
    expect(result.copies?.startsWith(`${directory}.repair-`)).toBe(true);
    const copies = result.copies as string;
    expect((await readdir(copies)).sort()).toEqual([names[0], `${names[1]}.00000000.part`]);
    expect(await readFile(join(copies, `${names[1]}.00000000.part`))).toEqual(header);
    expect(await readFile(join(copies, names[0] as string))).toEqual(whole);
    expect(await readAll(await openLog(directory))).toEqual(recordsOf(1, 30));
  });

  test('damage among trimmed records, in the segment that the first record is in', async () => {
    const { directory } = await logWithRoom();
    const log = await openLog(directory);
    await log.trim(15);
    await log.close();
    const { name, at } = await damageRecord(directory, 13);
    // Whoever reads what is behind steps over a body, but not over a header.
    expect((await verifyFsLog(directory)).isReadable).toBe(true);
    await flip(join(directory, name), at + 20);
    const reading = await openLog(directory, { readOnly: true });
    await rejection(reading.get(16), 'ERR_LOG_CORRUPT');
    await reading.close();
    expect(await repairFsLog(directory)).toMatchObject({ gone: [], remaining: [] });
    expect(await readAll(await openLog(directory))).toEqual(recordsOf(16, 30));
  });

  test('a batch of no records', async () => {
    const { directory, tail } = await leftBehind();
    const log = await openLog(directory);
    await fill(log, 1);
    await untilMarked(directory);
    await fill(log, 1);
    await log.close();
    const name = (await segmentFiles(directory)).at(-1) as string;
    const { batches, path } = await readSegment(directory, name);
    const mark = batches.find(({ recordCount }) => recordCount === 0)?.byteOffset as number;
    await flip(path, mark + 20);
    const { problems } = await verifyFsLog(directory);
    expect(problems).toMatchObject([{ severity: 'damage', segment: name, byteOffset: mark }]);
    onTestFinished(async () => {
      await rm(copies as string, { recursive: true, force: true });
    });
    const { copies, remaining } = await repairFsLog(directory);
    expect(remaining).toEqual([]);
    expect(tail.name).not.toBe(name);
    expect(await readAll(await openLog(directory))).toEqual(recordsOf(1, 7));
  });

  test('a whole log is left as it is, and nothing is put beside it', async () => {
    const { directory } = await logWithRoom();
    const records = (await verifyFsLog(directory)).records;
    const result = await repairFsLog(directory);
    expect(result).toMatchObject({ gone: [], remaining: [], copies: undefined });
    expect(result.found.records).toBe(records);
    expect(await readdir(join(directory, '..'))).toEqual(['log']);
  });
});

describe('losses are cut out only when they were accepted', () => {
  test('without that they stay, with all that is behind them', async () => {
    const { directory } = await logWithRoom();
    const { name, at } = await damageRecord(directory, 15);
    const segments = async (): Promise<[string, string][]> =>
      Object.entries(await snapshot(directory)).filter(([path]) => path.endsWith('.wal'));
    const before = await segments();
    for (const accept of [undefined, await verifyFsLog((await logWithRoom()).directory)]) {
      const result = await repairFsLog(directory, { accept });
      expect(result.gone).toEqual([]);
      expect(result.copies).toBeUndefined();
      expect(result.remaining).toMatchObject([
        { kind: 'batch', segment: name, byteOffset: at, firstAffectedId: 15, lastAffectedId: 15 },
      ]);
      expect(await segments()).toEqual(before);
    }
  });

  test('what a missing segment makes doubtful stays where it is, whatever else is set right', async () => {
    const { directory, names } = await logWithRoom();
    const { path, batches } = await readSegment(directory, names[2] as string);
    await rm(join(directory, names[1] as string));
    const log = await openLog(directory);
    await fill(log, 1);
    await untilMarked(directory);
    await log.close();
    const tail = (await segmentFiles(directory)).at(-1) as string;
    const mark = (await readSegment(directory, tail)).batches.at(-1);
    expect(mark?.recordCount).toBe(0);
    await truncate(join(directory, tail), (mark?.byteOffset as number) + 10);
    await flip(path, 20, (batches.at(-1)?.byteOffset as number) + 70);
    const before = await verifyFsLog(directory);
    const first = await readFile(join(directory, names[0] as string));
    const { remaining } = await repairFsLog(directory);
    const kinds = remaining.map(({ kind }) => kind);
    expect(kinds).toEqual(['segment-missing', 'segment-header', 'batch']);
    expect(await readFile(join(directory, names[0] as string))).toEqual(first);
    const after = await verifyFsLog(directory);
    expect(after.lost).toEqual(before.lost);
    expect(after.lost).toEqual([
      { firstId: 1, lastId: 20 },
      { firstId: 30, lastId: 30 },
    ]);
  });

  test('a loss that came after the report is not accepted', async () => {
    const { directory } = await logWithRoom();
    await damageRecord(directory, 15);
    const accept = await verifyFsLog(directory);
    await damageRecord(directory, 17);
    const result = await repairFsLog(directory, { accept });
    expect(result.gone).toEqual([]);
    expect(result.remaining.map(({ firstAffectedId }) => firstAffectedId)).toEqual([15, 17]);
  });

  for (const [keep, firstId, lastId, gone] of [
    [undefined, 1, 7, { firstId: 8, lastId: 30 }],
    ['before', 1, 7, { firstId: 8, lastId: 30 }],
    ['after', 24, 30, { firstId: 1, lastId: 23 }],
  ] as const) {
    test(`keep: ${keep}`, async () => {
      const { directory } = await logWithRoom();
      for (const id of [8, 15, 23]) await damageRecord(directory, id);
      const damaged = new Map<string, Buffer>();
      for (const name of await segmentFiles(directory)) {
        damaged.set(name, await readFile(join(directory, name)));
      }
      const accept = await verifyFsLog(directory);
      const result = await repairFsLog(directory, { accept, keep });
      expect(result).toMatchObject({ gone: [gone], remaining: [] });
      const left = await segmentFiles(directory);
      for (const [name, bytes] of damaged) {
        if (left.includes(name)) continue;
        expect(await readFile(join(result.copies as string, name)), name).toEqual(bytes);
      }
      expect(await verifyFsLog(directory)).toMatchObject({ firstId, nextId: lastId + 1, lost: [] });
      const log = await openLog(directory);
      expect(log.recovery.torn).toBeUndefined();
      expect(await readAll(log)).toEqual(recordsOf(firstId, lastId));
      await fill(log, 3);
      await log.close();
      expect((await verifyFsLog(directory)).isReadable).toBe(true);
      expect(await readAll(await openLog(directory))).toEqual(recordsOf(firstId, lastId + 3));
    });
  }

  test('META that is gone is put together from the segments, with doubts', async () => {
    const { directory, names } = await logWithRoom();
    const log = await openLog(directory);
    await log.trim(12);
    await log.close();
    await rm(join(directory, 'META'), { recursive: true });
    const before = await snapshot(directory);
    const unasked = await repairFsLog(directory);
    expect(unasked.remaining).toMatchObject([{ kind: 'meta-missing' }]);
    expect(await snapshot(directory)).toEqual(before);
    const accept = await verifyFsLog(directory);
    const result = await repairFsLog(directory, { accept });
    expect(result).toMatchObject({ gone: [], remaining: [] });
    expect(result.found.doubts[0]).toContain('trim');
    expect(await segmentFiles(directory)).toEqual(names.slice(1));
    const again = await openLog(directory);
    // The segment that the trim mark was in is there as a whole.
    expect(await readAll(again)).toEqual(recordsOf(11, 30));
    await again.close();
  });

  test('an older META is replaced, under an epoch that no owner has had', async () => {
    const { directory } = await logWithRoom();
    const kept = join(directory, '..', 'kept');
    await cp(join(directory, 'META'), kept, { recursive: true });
    for (let i = 0; i < 3; i++) {
      const log = await openLog(directory);
      await fill(log, 2);
      await log.close();
    }
    await rm(join(directory, 'META'), { recursive: true });
    await cp(kept, join(directory, 'META'), { recursive: true });
    await rejection(openFsLog(directory), 'ERR_LOG_CORRUPT');
    const accept = await verifyFsLog(directory);
    const result = await repairFsLog(directory, { accept });
    expect(await readdir(join(result.copies as string, 'META'))).toEqual(await readdir(kept));
    const log = await openLog(directory);
    expect(log.epoch).toBeGreaterThan(4);
    expect(await readAll(log)).toEqual(recordsOf(1, 36));
  });
});

describe('repair refuses', () => {
  test('a log that is open for writing', async () => {
    const { directory } = await logWithRoom();
    const log = await openLog(directory);
    await rejection(repairFsLog(directory), 'ERR_LOG_LOCKED');
    await fill(log, 1);
    await log.close();
  });

  test('what a newer release wrote, and changes nothing', async () => {
    const { directory, tail } = await leftBehind();
    await editFile(tail.path, (bytes) => {
      bytes[startOf(tail, 2) + 56] = 9;
      sealBatch(bytes, startOf(tail, 2), segmentSalt(tail.header.uuid, tail.header.sequence));
      return undefined;
    });
    const before = await snapshot(directory);
    const accept = await verifyFsLog(directory);
    await rejection(repairFsLog(directory, { accept }), 'ERR_LOG_UNSUPPORTED_FORMAT');
    expect(await snapshot(directory)).toEqual(before);
  });

  test('where there is no room for the copies, and changes nothing but the epoch', async () => {
    const { directory } = await logWithRoom();
    await damageRecord(directory, 15);
    const accept = await verifyFsLog(directory);
    const disk = new WatchedDisk();
    disk.before = ({ operation, name }) => {
      if (operation === 'create' && name.endsWith('.wal')) throw noSpaceLeft();
    };
    const failing = repairFsLog(directory, { disk, accept });
    await rejection(failing, 'ERR_LOG_NO_SPACE');
    expect(disk.openFiles).toBe(0);
    expect((await verifyFsLog(directory)).problems).toEqual(accept.problems);
    await repairFsLog(directory, { accept });
    expect(await readAll(await openLog(directory))).toEqual(recordsOf(1, 14));
  });

  test('a directory without a log, and arguments of a wrong type', async () => {
    const directory = await temporaryDirectory();
    await rejection(repairFsLog(directory), 'ERR_LOG_INVALID_ARGUMENT');
    await rejection(repairFsLog(join(directory, 'none')), 'ERR_LOG_INVALID_ARGUMENT');
    await rejection(repairFsLog(directory, { accept: true as never }), 'ERR_LOG_INVALID_ARGUMENT');
    await rejection(repairFsLog(directory, { keep: 'both' as never }), 'ERR_LOG_INVALID_ARGUMENT');
    await rejection(repairFsLog('', {}), 'ERR_LOG_INVALID_ARGUMENT');
  });

  test('a directory of something else is not touched', async () => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, 'letter.txt'), 'dear reader');
    await rejection(repairFsLog(directory), 'ERR_LOG_INVALID_ARGUMENT');
    expect(await readdir(directory)).toEqual(['letter.txt']);
  });
});

test('a file that is cut short of what META notes, without a record missing', async () => {
  const { directory, names } = await logWithRoom();
  const log = await openLog(directory, { disk: nodeDisk });
  await fill(log, 1);
  await untilMarked(directory);
  await log.close();
  const name = (await segmentFiles(directory)).at(-1) as string;
  expect(names).not.toContain(name);
  const { path, batches } = await readSegment(directory, name);
  const mark = batches.at(-1);
  expect(mark?.recordCount).toBe(0);
  await truncate(path, (mark?.byteOffset as number) + 10);
  await rejection(openFsLog(directory), 'ERR_LOG_CORRUPT');
  expect(await repairFsLog(directory)).toMatchObject({ gone: [], remaining: [] });
  expect(await readAll(await openLog(directory))).toEqual(recordsOf(1, 31));
});

test('what the README shows', async () => {
  const { directory } = await logWithRoom();
  const { name, at } = await damageRecord(directory, 21);
  const found: string[] = [];
  const report = await verifyFsLog(directory); // reads every batch; changes nothing, takes no lock
  for (const { severity, kind, segment, byteOffset, message } of report.problems) {
    found.push(`${severity} ${kind}: ${message}, segment=${segment} byteOffset=${byteOffset}`);
  }
  await repairFsLog(directory); // sets right what costs no record
  const { gone, copies } = await repairFsLog(directory, { accept: report }); // cuts the losses out
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(`segment=${name} byteOffset=${at}`);
  expect(gone).toEqual([{ firstId: 21, lastId: 30 }]);
  expect(await readdir(copies as string)).toContain(name);
  expect(await readAll(await openLog(directory))).toEqual(recordsOf(1, 20));
});
