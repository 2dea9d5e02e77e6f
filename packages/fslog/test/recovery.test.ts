import { randomBytes } from 'node:crypto';
import { appendFile, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogRecord } from '@wal/core';
import { openFsLog } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import { rejection } from './support/errors.ts';
import { editFile, makeUnclean, readSegment, type SegmentFile } from './support/log-files.ts';
import { fill, readAll, recordsOf } from './support/records.ts';
import { openLog, segmentFiles, snapshot, temporaryDirectory } from './support/temporary-log.ts';
import { isSegment, noSpaceLeft, WatchedDisk } from './support/watched-disk.ts';

interface Left {
  readonly directory: string;
  readonly tail: SegmentFile;
}

/**
 * A log as a writer leaves it that dies: five records, each a batch of its own, no footer, and nothing
 * that says the last one was ever durable.
 */
async function leftBehind(): Promise<Left> {
  const directory = await temporaryDirectory();
  const log = await openLog(directory, { preallocate: false });
  await fill(log, 5);
  await log.close();
  await makeUnclean(directory);
  const name = (await segmentFiles(directory)).at(-1) as string;
  const { end, path } = await readSegment(directory, name);
  await truncate(path, end);
  const tail = await readSegment(directory, name);
  expect(tail.batches).toHaveLength(5);
  return { directory, tail };
}

function startOf(tail: SegmentFile, batch: number): number {
  return tail.batches[batch]?.byteOffset as number;
}

/** Opens a log that ends in torn bytes, and checks everything that opening must do about them. */
async function expectTorn(directory: string, name: string, byteOffset: number): Promise<void> {
  const damaged = new Uint8Array(await readFile(join(directory, name)));
  let bytes = damaged.length - byteOffset;
  while (bytes > 0 && damaged[byteOffset + bytes - 1] === 0) bytes--;
  const log = await openLog(directory);
  const kept = (await readSegment(directory, name)).batches.length;
  expect(await readAll(log)).toEqual(recordsOf(1, kept));
  expect(log.nextId).toBe(kept + 1);
  const { torn, wasClean } = log.recovery;
  expect(wasClean).toBe(false);
  expect(torn).toMatchObject({ segment: name, byteOffset, bytes });
  const copy = new Uint8Array(await readFile(join(directory, torn?.copy as string)));
  expect(copy).toEqual(damaged.slice(byteOffset, byteOffset + bytes));
  const repaired = await readFile(join(directory, name));
  expect(repaired.subarray(byteOffset).every((byte) => byte === 0)).toBe(true);
  expect(new Uint8Array(repaired.subarray(0, byteOffset))).toEqual(damaged.slice(0, byteOffset));
  await log.close();
  // CRASH-2: the second opening finds the same log, and nothing more to repair.
  const again = await openLog(directory);
  expect(again.recovery).toEqual({ wasClean: true, torn: undefined, removed: [] });
  expect(await readAll(again)).toEqual(recordsOf(1, kept));
  await fill(again, 2);
  expect(await readAll(again)).toEqual(recordsOf(1, kept + 2));
  await again.close();
}

describe('OPEN-4 a torn tail is dropped and reported', () => {
  test('cut at each byte of the last batch', async () => {
    const { directory, tail } = await leftBehind();
    const files = [join(directory, 'META'), tail.path] as const;
    const originals = await Promise.all(files.map((path) => readFile(path)));
    const start = startOf(tail, 4);
    for (let cut = start; cut < tail.end; cut++) {
      // Cut where the batch was whole but for its padding, it is whole: all of it is zeros then.
      await rm(directory, { recursive: true });
      const log = await openFsLog(directory);
      await log.close();
      await Promise.all(files.map((path, i) => writeFile(path, originals[i] as Buffer)));
      await truncate(tail.path, cut);
      const opened = await openFsLog(directory);
      const whole = tail.bytes.subarray(cut).every((byte) => byte === 0);
      expect(await readAll(opened)).toEqual(recordsOf(1, 4));
      if (!whole && cut > start) expect(opened.recovery.torn?.byteOffset).toBe(start);
      if (cut === start) expect(opened.recovery.torn).toBeUndefined();
      await opened.close();
    }
  });

  test('cut in the middle of a header, and of a body', async () => {
    for (const bytes of [1, 32, 63, 64, 70]) {
      const { directory, tail } = await leftBehind();
      await truncate(tail.path, startOf(tail, 4) + bytes);
      await expectTorn(directory, tail.name, startOf(tail, 4));
    }
  });

  test('half a header with zeros behind it', async () => {
    const { directory, tail } = await leftBehind();
    await editFile(tail.path, (bytes) => bytes.fill(0, startOf(tail, 4) + 32));
    await appendFile(tail.path, new Uint8Array(10_000));
    await expectTorn(directory, tail.name, startOf(tail, 4));
  });

  test('a body with a hole of zeros: its sectors came in another order', async () => {
    const { directory, tail } = await leftBehind();
    await editFile(tail.path, (bytes) => {
      bytes.fill(0, startOf(tail, 4) + 64, startOf(tail, 4) + 80);
      return undefined;
    });
    await expectTorn(directory, tail.name, startOf(tail, 4));
  });

  test('a header of zeros with the body behind it', async () => {
    const { directory, tail } = await leftBehind();
    await editFile(tail.path, (bytes) => {
      bytes.fill(0, startOf(tail, 4), startOf(tail, 4) + 64);
      return undefined;
    });
    await expectTorn(directory, tail.name, startOf(tail, 4));
  });

  test('garbage behind the last batch, short and long', async () => {
    for (const length of [1, 8, 100, 5000, 2_500_000]) {
      const { directory, tail } = await leftBehind();
      await appendFile(tail.path, Buffer.concat([randomBytes(length), Buffer.from([1])]));
      await expectTorn(directory, tail.name, tail.end);
    }
  });

  test('garbage far behind zeros', async () => {
    const { directory, tail } = await leftBehind();
    await appendFile(tail.path, Buffer.concat([Buffer.alloc(1_500_000), Buffer.from('far away')]));
    await expectTorn(directory, tail.name, tail.end);
  });

  test('zeros are no torn tail: space that was written ahead', async () => {
    const { directory, tail } = await leftBehind();
    await appendFile(tail.path, new Uint8Array(100_000));
    const log = await openLog(directory);
    expect(log.recovery).toEqual({ wasClean: false, torn: undefined, removed: [] });
    expect(await readAll(log)).toEqual(recordsOf(1, 5));
  });

  test('a segment with its header only', async () => {
    const { directory, tail } = await leftBehind();
    await truncate(tail.path, tail.header.headerBytes);
    const log = await openLog(directory);
    expect(log.recovery).toEqual({ wasClean: false, torn: undefined, removed: [] });
    expect([log.firstId, log.nextId]).toEqual([undefined, 1]);
  });

  test('where there is no room for a copy the log opens without one', async () => {
    const { directory, tail } = await leftBehind();
    await appendFile(tail.path, 'torn');
    const disk = new WatchedDisk();
    disk.before = ({ operation, name }) => {
      if (operation === 'write' && name.endsWith('.torn')) throw noSpaceLeft();
    };
    const log = await openLog(directory, { disk });
    expect(log.recovery.torn).toEqual({
      segment: tail.name,
      byteOffset: tail.end,
      bytes: 4,
      copy: undefined,
    });
    expect(Object.keys(await snapshot(directory)).filter((name) => /torn/.test(name))).toEqual([]);
    expect(await readAll(log)).toEqual(recordsOf(1, 5));
  });

  test('is not cut before the copy and the new epoch are durable', async () => {
    const { directory, tail } = await leftBehind();
    await appendFile(tail.path, 'torn');
    const disk = new WatchedDisk();
    await openLog(directory, { disk });
    const at = (found: number): number => {
      expect(found).toBeGreaterThanOrEqual(0);
      return found;
    };
    const zeroing = at(
      disk.done.findIndex(
        (call) =>
          call.operation === 'write' && call.name === tail.name && call.position === tail.end,
      ),
    );
    const before = disk.done.slice(0, zeroing);
    const copySync = before.findIndex(
      ({ operation, name }) => operation === 'sync' && name.endsWith('.torn'),
    );
    expect(before.slice(at(copySync)).map(({ operation }) => operation)).toContain('syncDirectory');
    expect(
      before.filter(({ operation, name }) => operation === 'sync' && name === 'META').length,
    ).toBeGreaterThanOrEqual(2);
    const after = disk.done.slice(zeroing);
    expect(after.some(({ operation, name }) => operation === 'sync' && name === tail.name)).toBe(
      true,
    );
  });
});

describe('OPEN-4 what was acknowledged and does not check out is corrupt', () => {
  /** Both kinds of opening report where, and neither changes a byte. */
  async function expectCorrupt(
    { directory, tail }: Left,
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
      expect(error.segment).toBe(name);
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
      expect(disk.count('close')).toBe(
        disk.done.filter(({ operation }) => operation === 'open').length,
      );
    }
  });
});

describe('OPEN-5 a log that was closed needs no scan', () => {
  test('however long its tail is', async () => {
    const reads: number[] = [];
    for (const count of [10, 400]) {
      const directory = await temporaryDirectory();
      const log = await openLog(directory);
      await log.append(recordsOf(1, count, 4000));
      await log.close();
      const disk = new WatchedDisk();
      const again = await openLog(directory, { disk });
      expect(again.recovery.wasClean).toBe(true);
      expect(again.nextId).toBe(count + 1);
      const ofSegments = disk.calls.filter((c) => c.operation === 'read' && isSegment(c));
      const bytes = ofSegments.reduce((sum, call) => sum + (call.bytes ?? 0), 0);
      expect(bytes).toBeLessThan(16_384);
      reads.push(disk.count('read'));
    }
    expect(reads[1]).toBe(reads[0]);
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
      const read = await readUntilError(directory, readOnly);
      expect(read).toEqual(recordsOf(1, read.length));
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

  test('the first one missing is found at open', async () => {
    const { directory, names } = await threeSegments();
    await rename(join(directory, names[0] as string), join(directory, 'elsewhere'));
    const before = await snapshot(directory);
    for (const readOnly of [false, true]) {
      const error = await rejection(openFsLog(directory, { readOnly }), 'ERR_LOG_CORRUPT');
      expect(error.firstAffectedId).toBe(1);
    }
    expect(await snapshot(directory)).toEqual(before);
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
      await writeFile(join(copy, name), await readFile(join(directory, name)));
    }
    expect((await stat(join(copy, 'META'))).size).toBe(8192);
    expect(await readAll(await openLog(copy))).toEqual(recordsOf(1, 30));
  });
});
