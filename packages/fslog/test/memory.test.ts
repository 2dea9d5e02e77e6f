import { readdirSync, readlinkSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { setUint64, viewOf } from '@wal/core';
import { describe, expect, test } from 'vitest';
import { rejection } from './support/errors.ts';
import { leftBehind } from './support/left-behind.ts';
import {
  batchesBehind,
  editFile,
  editMeta,
  META_OFFSETS,
  readMeta,
  readSegment,
  sealHeader,
  writeSegment,
} from './support/log-files.ts';
import { content, fill, ids, recordOf } from './support/records.ts';
import { openLog, segmentFiles, temporaryDirectory } from './support/temporary-log.ts';
import { isSegment, WatchedDisk } from './support/watched-disk.ts';

const MIB = 1024 * 1024;

/** What this process has open of a directory: others' tests have files of their own. */
function openDescriptors(directory: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith(directory) ? [path] : [];
    } catch {
      return []; // Closed meanwhile, such as the one that lists them.
    }
  });
}

// The collector, without an option for the whole process.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

async function memoryInUse(): Promise<number> {
  collect();
  // What the first one found is released in the background.
  await new Promise(setImmediate);
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe('bounded memory', () => {
  test('replaying 64 MiB by nextBatch keeps it flat', async () => {
    const directory = await temporaryDirectory();
    const disk = new WatchedDisk();
    const options = {
      disk,
      durability: 'none',
      segmentBytes: 8 * MIB,
      preallocate: false,
    } as const;
    let log = await openLog(directory, options);
    const batch = Array.from({ length: 256 }, (_, i) => content(i, 4096));
    for (let i = 0; i < 64; i++) await log.append(batch);
    await log.close();
    log = await openLog(directory);
    const inUse: number[] = [];
    let bytes = 0;
    let runs = 0;
    const iterator = log.iterator();
    for (;;) {
      const run = await iterator.nextBatch();
      if (run.length === 0) break;
      for (const { data } of run) bytes += data.length;
      if (++runs % 4 === 0) inUse.push(await memoryInUse());
    }
    expect(bytes).toBe(64 * MIB);
    expect(runs).toBeGreaterThan(32);
    // 48 MiB were read from the one to the other.
    const quarter = Math.floor(inUse.length / 4);
    const growth = Math.min(...inUse.slice(-quarter)) - Math.min(...inUse.slice(0, quarter));
    console.info(`${runs} runs, ${inUse.length} looks: grown by ${growth} bytes`);
    expect(growth).toBeLessThan(MIB);
  });

  test('no read asks for more than the log can hold, nor for all of it', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory, { durability: 'none' });
    await log.append(Array.from({ length: 1000 }, (_, i) => content(i, 4096)));
    await fill(log, 10);
    await log.close();
    const disk = new WatchedDisk();
    const again = await openLog(directory, { disk });
    disk.reset();
    for (const id of [1, 500, 1000, 1005]) await again.get(id);
    for await (const { id } of again.iterator()) expect(id).toBeGreaterThan(0);
    const largest = Math.max(...disk.calls.map(({ bytes = 0 }) => bytes));
    // The batch of 4 MB has to be checked as a whole.
    expect(largest).toBeLessThan(5 * MIB);
  });

  test('a reader keeps nothing for a batch that nothing proves durable', async () => {
    const { directory, tail } = await leftBehind();
    await (await openLog(directory, { readOnly: true })).close();
    const count = 100_000;
    const stated = tail.header.headerBytes;
    await appendFile(
      tail.path,
      batchesBehind(tail, count, () => stated),
    );
    const disk = new WatchedDisk();
    const before = await memoryInUse();
    const reader = await openLog(directory, { readOnly: true, disk });
    const kept = (await memoryInUse()) - before;
    expect(reader.nextId).toBe(5);
    expect(kept / count).toBeLessThan(8);
    // Nor does it read them again to look for more.
    disk.reset();
    await rejection(reader.get(10), 'ERR_LOG_NOT_FOUND');
    const read = disk.calls.filter((call) => call.operation === 'read' && isSegment(call));
    expect(read).toMatchObject([{ bytes: 64 }]);
    const whole = await readSegment(directory, tail.name);
    expect(whole.batches).toHaveLength(5 + count);
    await appendFile(
      tail.path,
      batchesBehind(whole, 1, (_, byteOffset) => byteOffset),
    );
    await reader.get(5 + count);
    expect(reader.nextId).toBe(6 + count);
  });
});

describe('1,000 segments', () => {
  test('are read through a bounded number of open files', async () => {
    const directory = await temporaryDirectory();
    const disk = new WatchedDisk();
    const options = { disk, durability: 'none', preallocate: false } as const;
    let log = await openLog(directory, options);
    for (let i = 0; i < 1000; i++) {
      await fill(log, 1);
      await log.roll();
    }
    await log.close();
    expect(disk.openFiles).toBe(0);
    log = await openLog(directory, { disk });
    let most = 0;
    const iterators = ids(1, 4).map((start) => log.iterator({ start: start * 200 }));
    for (let i = 0; i < 200; i++) {
      for (const iterator of iterators) await iterator.next();
      most = Math.max(most, disk.openFiles);
    }
    await Promise.all(
      ids(1, 1000).map(async (id) => {
        await log.get(id);
        most = Math.max(most, disk.openFiles);
      }),
    );
    expect(most).toBeLessThan(100);
    await log.close();
    expect(disk.openFiles).toBe(0);
    expect(openDescriptors(directory)).toEqual([]);
    disk.reset();
    const reader = await openLog(directory, { readOnly: true, disk });
    for await (const _ of reader.iterator()) most = Math.max(most, disk.openFiles);
    expect(most).toBeLessThan(100);
    await reader.close();
    expect(disk.openFiles).toBe(0);
    expect(openDescriptors(directory)).toEqual([]);
  });

  /** Puts segments of one record each before the first of a log that begins with id `count + 1`. */
  async function putBefore(directory: string, count: number): Promise<void> {
    const [first = ''] = await segmentFiles(directory);
    await editFile(join(directory, first), (bytes) => {
      setUint64(viewOf(bytes), 48, count);
      sealHeader(bytes);
      return undefined;
    });
    await editMeta(directory, (view) => setUint64(view, META_OFFSETS.firstId, 1));
    const meta = await readMeta(directory);
    for (let id = 1; id <= count; id++) {
      const header = { sequence: id, predecessor: id - 1, firstId: id };
      await writeSegment(directory, header, [recordOf(id).data], meta);
    }
  }

  test('OPEN-5 opening 10,000 takes no more calls than opening 10', async () => {
    const costs: { calls: number; segmentCalls: number }[] = [];
    for (const count of [10, 10_000]) {
      const directory = await temporaryDirectory();
      const disk = new WatchedDisk();
      const log = await openLog(directory, { disk, firstId: count + 1 });
      await fill(log, 1);
      await log.close();
      await putBefore(directory, count);
      disk.reset();
      const started = performance.now();
      const again = await openLog(directory, { disk });
      const ms = performance.now() - started;
      const listed = disk.calls.filter(({ operation }) => operation === 'list');
      expect(listed.map(({ name }) => name).filter((name) => name !== 'META')).toEqual([]);
      costs.push({
        calls: disk.calls.length,
        segmentCalls: disk.calls.filter(isSegment).length,
      });
      expect(await again.listSegments()).toHaveLength(count + 1);
      for (const id of [1, count / 2, count, count + 1]) {
        expect(await again.get(id)).toEqual(recordOf(id));
      }
      const reading = performance.now();
      disk.reset();
      const reader = await openLog(directory, { disk, readOnly: true });
      console.info(
        `${count} segments: opened in ${ms.toFixed(1)} ms, ` +
          `for reading in ${(performance.now() - reading).toFixed(1)} ms`,
      );
      expect(disk.calls.filter(isSegment).length).toBeLessThan(20);
      await reader.close();
      await again.close();
    }
    const [few, many] = costs;
    expect(many?.calls).toBe(few?.calls);
    expect(many?.segmentCalls).toBe(few?.segmentCalls);
  });
});
