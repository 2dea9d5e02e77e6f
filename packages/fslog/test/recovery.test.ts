import { randomBytes } from 'node:crypto';
import { appendFile, cp, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setUint64 } from '@wal/core';
import { openFsLog } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import { leftBehind, startOf } from './support/left-behind.ts';
import { editFile, editMeta, META_OFFSETS, makeUnclean, readSegment } from './support/log-files.ts';
import { fill, readAll, recordsOf } from './support/records.ts';
import { stolenLock } from './support/stolen-lock.ts';
import { openLog, segmentFiles, snapshot, temporaryDirectory } from './support/temporary-log.ts';
import { isSegment, noSpaceLeft, WatchedDisk } from './support/watched-disk.ts';

/** Opens a log that ends in torn bytes, and checks everything that opening must do about them. */
async function expectTorn(directory: string, name: string, byteOffset: number): Promise<void> {
  const damaged = new Uint8Array(await readFile(join(directory, name)));
  let bytes = damaged.length - byteOffset;
  while (bytes > 0 && damaged[byteOffset + bytes - 1] === 0) bytes--;
  const { batches } = await readSegment(directory, name);
  const kept = batches.filter((batch) => batch.byteOffset < byteOffset).length;
  const log = await openLog(directory);
  expect(await readAll(log)).toEqual(recordsOf(1, kept));
  expect(log.nextId).toBe(kept + 1);
  const { torn, wasClean } = log.recovery;
  expect(wasClean).toBe(false);
  expect(torn).toMatchObject({ segment: name, byteOffset, bytes });
  const copy = await readFile(join(directory, torn?.copy as string));
  expect(copy.equals(damaged.subarray(byteOffset, byteOffset + bytes))).toBe(true);
  // What is not torn stays where it is: the last of it is carried over, not moved.
  const left = await readFile(join(directory, name));
  expect(left.subarray(0, byteOffset).equals(damaged.subarray(0, byteOffset))).toBe(true);
  await log.close();
  // CRASH-2: the second opening finds the same log, and nothing more to repair.
  const again = await openLog(directory);
  expect(again.recovery).toEqual({ wasClean: true, torn: undefined });
  expect(await readAll(again)).toEqual(recordsOf(1, kept));
  await fill(again, 2);
  expect(await readAll(again)).toEqual(recordsOf(1, kept + 2));
  await again.close();
}

describe('OPEN-4 a torn tail is dropped and reported', () => {
  test('cut at each byte of the last batch', async () => {
    const { directory, tail } = await leftBehind();
    const meta = join(await temporaryDirectory(), 'META');
    await cp(join(directory, 'META'), meta, { recursive: true });
    const start = startOf(tail, 4);
    const disk = new WatchedDisk();
    for (let cut = start; cut < tail.end; cut++) {
      await rm(directory, { recursive: true });
      await mkdir(directory);
      await cp(meta, join(directory, 'META'), { recursive: true });
      await writeFile(tail.path, tail.bytes.subarray(0, cut));
      const log = await openFsLog(directory, { disk });
      expect(await readAll(log)).toEqual(recordsOf(1, 4));
      if (cut === start) expect(log.recovery.torn).toBeUndefined();
      else expect(log.recovery.torn?.byteOffset).toBe(start);
      await log.close();
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
    expect(log.recovery).toEqual({ wasClean: false, torn: undefined });
    expect(await readAll(log)).toEqual(recordsOf(1, 5));
  });

  test('a segment with its header only', async () => {
    const { directory, tail } = await leftBehind();
    await truncate(tail.path, tail.header.headerBytes);
    const log = await openLog(directory);
    expect(log.recovery).toEqual({ wasClean: false, torn: undefined });
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
    disk.before = ({ operation, name }) => {
      if (operation === 'create' && name.endsWith('.wal')) throw noSpaceLeft();
    };
    const log = await openLog(directory, { disk });
    expect(await readAll(log)).toEqual(recordsOf(1, 5));
    const zeroing = disk.done.findIndex(
      ({ operation, name, position }) =>
        operation === 'write' && name === tail.name && position === tail.end,
    );
    expect(zeroing).toBeGreaterThan(0);
    const before = disk.done.slice(0, zeroing);
    const copySync = before.findIndex(
      ({ operation, name }) => operation === 'sync' && name.endsWith('.torn'),
    );
    expect(copySync).toBeGreaterThan(0);
    expect(before.slice(copySync).map(({ operation }) => operation)).toContain('syncDirectory');
    const metaSyncs = before.filter(
      ({ operation, name }) => operation === 'sync' && name === 'META',
    );
    expect(metaSyncs.length).toBeGreaterThanOrEqual(2);
    const after = disk.done.slice(zeroing);
    expect(after.some(({ operation, name }) => operation === 'sync' && name === tail.name)).toBe(
      true,
    );
  });
});

describe('CRASH-1 what nothing proves durable', () => {
  test('is carried over to a segment of its own, durable before META names it', async () => {
    const { directory, tail } = await leftBehind();
    await appendFile(tail.path, 'torn');
    const disk = new WatchedDisk();
    // Zeros ahead would be written and synced at the same time.
    const log = await openLog(directory, { disk, preallocate: false });
    const spelled = disk.done.map(({ operation, name }) => `${operation} ${name}`);
    const created = spelled.findIndex((call) => /^create .*wal$/.test(call));
    const name = disk.done[created]?.name as string;
    const header = spelled.indexOf(`write ${name}`, created);
    const batch = spelled.indexOf(`write ${name}`, header + 1);
    const synced = spelled.indexOf(`sync ${name}`, batch);
    const mark = spelled.indexOf(`write ${name}`, batch + 1);
    const committed = spelled.indexOf('write META', created);
    const steps = [created, header, batch, synced, mark, committed];
    expect(created).toBeGreaterThan(0);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    // Where it was it is left alone: whoever wrote it may only be stalled.
    expect(spelled.filter((call) => call === `write ${tail.name}`)).toEqual([]);
    const [old, next] = await log.listSegments();
    expect(old?.name).toBe(tail.name);
    expect(next).toMatchObject({ name, firstId: 5 });
    expect(await readAll(log)).toEqual(recordsOf(1, 5));
  });

  test('is carried over whole when it is all there is, and its old place is given up', async () => {
    const directory = await temporaryDirectory();
    const disk = new WatchedDisk();
    disk.lock = stolenLock;
    // The mark that a log left alone writes would prove it.
    disk.before = ({ operation, bytes }) => {
      if (operation === 'write' && bytes === 64) throw noSpaceLeft();
    };
    await fill(await openLog(directory, { disk }), 1);
    for (let i = 0; i < 3; i++) {
      const log = await openLog(directory, { disk });
      expect(await readAll(log)).toEqual(recordsOf(1, 1));
    }
    const log = await openLog(directory, { disk });
    await fill(log, 1);
    expect(await readAll(log)).toEqual(recordsOf(1, 2));
    expect((await segmentFiles(directory)).length).toBeLessThanOrEqual(2);
  });

  test('may be trimmed before the log goes on', async () => {
    const { directory } = await leftBehind();
    const log = await openLog(directory);
    await log.trim(4);
    await log.truncate(4);
    await fill(log, 2);
    await log.close();
    expect(await readAll(await openLog(directory))).toEqual(recordsOf(5, 6));
  });

  test('is left where all of it is trimmed, and the ids go on beyond it', async () => {
    const { directory } = await leftBehind();
    await editMeta(directory, (view) => setUint64(view, META_OFFSETS.firstId, 20));
    const log = await openLog(directory);
    expect(log.nextId).toBe(20);
    await fill(log, 2);
    await log.close();
    expect(await readAll(await openLog(directory))).toEqual(recordsOf(20, 21));
  });

  test('is nothing where a mark says that all was durable', async () => {
    const directory = await temporaryDirectory();
    const disk = new WatchedDisk();
    let marked: () => void = () => undefined;
    const isMarked = new Promise<void>((resolve) => {
      marked = resolve;
    });
    disk.before = ({ operation, bytes }) => {
      if (operation === 'write' && bytes === 64) marked();
    };
    const old = await openLog(directory, { disk });
    await fill(old, 3);
    await isMarked;
    await old.close();
    await makeUnclean(directory);
    const log = await openLog(directory);
    expect(log.recovery.wasClean).toBe(false);
    expect(await log.listSegments()).toHaveLength(1);
    expect(await readAll(log)).toEqual(recordsOf(1, 3));
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
