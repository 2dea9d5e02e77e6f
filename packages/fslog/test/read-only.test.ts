import { rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { isLogError, type LogIterator, type LogRecord } from '@wal/core';
import { type FsLog, openFsLog } from '@wal/fslog';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CommandProcess } from './support/child-process.ts';
import { compileForProcesses } from './support/compiled-sources.ts';
import { rejection } from './support/errors.ts';
import { leftBehind } from './support/left-behind.ts';
import { fill, ids, readAll, readIds, recordOf, recordsOf } from './support/records.ts';
import { openLog, segmentFiles, snapshot, temporaryDirectory } from './support/temporary-log.ts';
import { Gate, isChange, isSegment, WatchedDisk } from './support/watched-disk.ts';
import { WorkloadWriter } from './support/workload-writer.ts';

compileForProcesses();

const { FSLOG_LOOK_MS } = process.env;
/** How long a reader looks at a busy writer. */
const LOOK_MS = Number(FSLOG_LOOK_MS ?? 1500);
/** Twice in each way, on the slowest machine too. */
const MIN_LOOKS = 6;
/** Long enough for the busiest machine: what takes longer is never going to happen. */
const BOUND_MS = 60_000;

async function pair(options = {}): Promise<{ directory: string; writer: FsLog; reader: FsLog }> {
  const directory = await temporaryDirectory();
  const writer = await openLog(directory, options);
  await fill(writer, 3);
  const reader = await openLog(directory, { readOnly: true });
  return { directory, writer, reader };
}

/** The next `count` records of an iterator that follows, within the bound. */
async function take(iterator: LogIterator, count: number): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  while (records.length < count) {
    const { value } = await within(iterator.next(), `record ${records.length + 1} of ${count}`);
    const { id, data } = value as LogRecord;
    records.push({ id, data: data.slice() });
  }
  return records;
}

async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${BOUND_MS} ms`)), BOUND_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

describe('reading beside a writer', () => {
  test('follows it through appends, batches, rolls and groups', async () => {
    const { writer, reader } = await pair({ segmentBytes: 4096 });
    const iterator = reader.iterator({ follow: true });
    expect(await take(iterator, 3)).toEqual(recordsOf(1, 3));
    await fill(writer, 1);
    expect(await take(iterator, 1)).toEqual([recordOf(4)]);
    await writer.append(recordsOf(5, 30));
    await Promise.all(ids(31, 300).map((id) => writer.append(recordOf(id))));
    expect(await take(iterator, 296)).toEqual(recordsOf(5, 300));
    await writer.roll();
    await fill(writer, 1);
    expect(await take(iterator, 1)).toEqual([recordOf(301)]);
    await iterator.return();
  });

  test('the last record is seen although nothing is appended after it', async () => {
    for (const durability of ['sync', { intervalMs: 20 }] as const) {
      const { writer, reader } = await pair({ durability });
      const iterator = reader.iterator({ follow: true });
      expect(await take(iterator, 3)).toEqual(recordsOf(1, 3));
      await fill(writer, 1);
      expect(await take(iterator, 1)).toEqual([recordOf(4)]);
      await iterator.return();
    }
  });

  test("durability 'none': what sync() has made durable is seen", async () => {
    const { writer, reader } = await pair({ durability: 'none' });
    const iterator = reader.iterator({ follow: true });
    const waiting = take(iterator, 4);
    await fill(writer, 1);
    await writer.sync();
    expect(await waiting).toEqual(recordsOf(1, 4));
    await iterator.return();
  });

  test('READ-1 a record is not seen before its sync', async () => {
    const directory = await temporaryDirectory();
    const disk = new WatchedDisk();
    const writer = await openLog(directory, { disk, preallocate: false });
    await fill(writer, 2);
    const reader = await openLog(directory, { readOnly: true });
    const iterator = reader.iterator({ follow: true });
    expect(await take(iterator, 2)).toEqual(recordsOf(1, 2));
    const gate = new Gate();
    disk.before = async (call) => {
      if (call.operation === 'sync' && isSegment(call)) await gate.pass();
    };
    const appending = writer.append(recordOf(3));
    await gate.reached;
    for (let i = 0; i < 5; i++) expect(await readIds(reader)).toEqual([1, 2]);
    await rejection(reader.get(3), 'ERR_LOG_NOT_FOUND');
    gate.open();
    await appending;
    expect(await take(iterator, 1)).toEqual([recordOf(3)]);
  });

  test('ITERATE-9 a truncate of what it has delivered is noticed', async () => {
    const { writer, reader } = await pair();
    const iterator = reader.iterator({ follow: true });
    expect(await take(iterator, 3)).toEqual(recordsOf(1, 3));
    const waiting = iterator.next();
    await writer.truncate(1);
    await fill(writer, 5, 50);
    const error = await rejection(within(waiting, 'the truncate'), 'ERR_LOG_TRUNCATED');
    expect(error.lastId).toBe(1);
    // Following: the last record shows once it is marked.
    const again = reader.iterator({ follow: true });
    expect(await take(again, 6)).toEqual([recordOf(1), ...recordsOf(2, 6, 50)]);
    await again.return();
  });

  test('ITERATE-10 a truncate of what it has not delivered is no error', async () => {
    const { writer, reader } = await pair();
    const iterator = reader.iterator({ follow: true });
    expect(await take(iterator, 2)).toEqual(recordsOf(1, 2));
    await writer.truncate(2);
    await fill(writer, 2, 50);
    // What a reader was given it may deliver until it looks again, as for an id that it does not know.
    await rejection(reader.get(1000), 'ERR_LOG_NOT_FOUND');
    expect(await take(iterator, 2)).toEqual(recordsOf(3, 4, 50));
    await iterator.return();
  });

  test('ITERATE-11 a trim of what comes next is noticed', async () => {
    const { writer, reader } = await pair();
    const iterator = reader.iterator({ follow: true });
    expect(await take(iterator, 3)).toEqual(recordsOf(1, 3));
    const waiting = iterator.next();
    await writer.trim(10);
    const error = await rejection(within(waiting, 'the trim'), 'ERR_LOG_TRIMMED');
    expect(error.firstId).toBe(11);
    await rejection(reader.get(2), 'ERR_LOG_TRIMMED');
    expect([reader.firstId, reader.lastId, reader.nextId]).toEqual([undefined, undefined, 11]);
  });

  test('ids that a truncate gave to other records: get gives the new ones', async () => {
    const directory = await temporaryDirectory();
    const writer = await openLog(directory);
    for (let i = 0; i < 3; i++) {
      await fill(writer, 10);
      await writer.roll();
    }
    await fill(writer, 1);
    const reader = await openLog(directory, { readOnly: true });
    expect(reader.lastId).toBeGreaterThanOrEqual(30);
    await writer.truncate(5);
    await fill(writer, 20, 50);
    // Closing waits until the files of the old records are removed.
    await writer.close();
    expect(await reader.get(15)).toEqual(recordOf(15, 50));
    await rejection(reader.get(30), 'ERR_LOG_NOT_FOUND');
    expect(await readAll(reader)).toEqual([...recordsOf(1, 5), ...recordsOf(6, 25, 50)]);
  });

  test('a writer that closes, and another that goes on', async () => {
    const { directory, writer, reader } = await pair();
    const iterator = reader.iterator({ follow: true });
    expect(await take(iterator, 3)).toEqual(recordsOf(1, 3));
    await fill(writer, 1);
    await writer.close();
    expect(await take(iterator, 1)).toEqual([recordOf(4)]);
    for (let i = 5; i < 9; i++) {
      const next = await openLog(directory);
      await fill(next, 1);
      expect(await take(iterator, 1)).toEqual([recordOf(i)]);
      await next.close();
    }
    await iterator.return();
  });

  test('FOLLOW-4 return, abort and close end a wait', async () => {
    const { reader } = await pair();
    const returned = reader.iterator({ start: 4, follow: true });
    const waiting = returned.next();
    await returned.return();
    expect(await within(waiting, 'return')).toEqual({ done: true, value: undefined });
    const abort = new AbortController();
    const aborted = reader.iterator({ start: 4, follow: true, signal: abort.signal }).next();
    abort.abort(new Error('enough'));
    await expect(within(aborted, 'abort')).rejects.toThrow('enough');
    const closed = reader.iterator({ start: 4, follow: true }).next();
    await reader.close();
    await rejection(within(closed, 'close'), 'ERR_LOG_CLOSED');
  });

  test('twenty may wait at once without a warning', async () => {
    const { directory, writer } = await pair();
    const disk = new WatchedDisk();
    const reader = await openLog(directory, { readOnly: true, disk });
    const warnings: string[] = [];
    const onWarning = ({ name }: Error): number => warnings.push(name);
    process.on('warning', onWarning);
    onTestFinished(() => void process.off('warning', onWarning));
    const iterators = ids(1, 20).map(() => reader.iterator({ start: 4, follow: true }));
    const waiting = iterators.map((iterator) => take(iterator, 1));
    // The first look is for all of them; whoever looks again has waited.
    const again = new Gate();
    let looks = 0;
    disk.before = async ({ operation, name }) => {
      if (operation === 'list' && name === 'META' && ++looks === 2) await again.pass();
    };
    await again.reached;
    again.open();
    await fill(writer, 1);
    for (const records of await Promise.all(waiting)) expect(records).toEqual([recordOf(4)]);
    expect(warnings).not.toContain('MaxListenersExceededWarning');
  });

  test('a writer in another process, followed through all it does', async () => {
    const directory = await temporaryDirectory();
    const writer = new CommandProcess();
    await writer.call('open', directory, { segmentBytes: 4096 });
    await writer.call('fill', 50);
    const reader = await openLog(directory, { readOnly: true });
    const iterator = reader.iterator({ follow: true });
    expect(await take(iterator, 50)).toEqual(recordsOf(1, 50));
    await writer.call('fill', 100);
    await writer.call('trim', 40);
    await writer.call('roll');
    await writer.call('fill', 5);
    expect(await take(iterator, 105)).toEqual(recordsOf(51, 155));
    await writer.kill();
    const next = new CommandProcess();
    await next.call('open', directory);
    await next.call('fill', 5);
    expect(await take(iterator, 5)).toEqual(recordsOf(156, 160));
    const waiting = iterator.next();
    await next.call('truncate', 150);
    const error = await rejection(within(waiting, 'the truncate'), 'ERR_LOG_TRUNCATED');
    expect(error.lastId).toBe(150);
    expect(await readAll(reader)).toEqual(recordsOf(41, 150));
  });

  test('a writer at full speed, followed by three', async () => {
    const directory = await temporaryDirectory();
    const writer = new CommandProcess();
    await writer.call('open', directory, { segmentBytes: 16_384 });
    const last = (await writer.call('fill', 1)) as number;
    expect(last).toBe(1);
    const reader = await openLog(directory, { readOnly: true });
    const filling = writer.call('fill', 1000);
    const followers = [1, 2, 3].map(() => reader.iterator({ follow: true, end: 1001 }));
    const seen = await Promise.all(followers.map((iterator) => take(iterator, 1001)));
    for (const records of seen) expect(records).toEqual(recordsOf(1, 1001));
    await filling;
  });
});

describe('a reader beside a writer that does everything at once', () => {
  const OVERTAKEN = new Set(['ERR_LOG_TRUNCATED', 'ERR_LOG_TRIMMED', 'ERR_LOG_NOT_FOUND']);

  /** Reads once, in one of three ways; what a truncate or trim overtook is no failure. */
  async function look(reader: FsLog, way: number): Promise<number> {
    let last: number | undefined;
    try {
      const { firstId = 0, nextId } = reader;
      if (way === 0) return (await reader.get(firstId + ((nextId - firstId) >> 1))).id;
      const iterator = reader.iterator(way === 1 ? {} : { follow: true, end: nextId + 5 });
      for await (const { id } of iterator) {
        if (last !== undefined) expect(id).toBe(last + 1);
        last = id;
        if (way === 2 && id > nextId) break;
      }
    } catch (error) {
      if (!isLogError(error) || !OVERTAKEN.has(error.code)) throw error;
    }
    return last ?? 0;
  }

  test(
    'ITERATE-1 sees no gap, and nothing corrupt',
    async () => {
      const directory = await temporaryDirectory();
      await (await openLog(directory)).close();
      const options = { segmentBytes: 4096, preallocate: false };
      const writer = new WorkloadWriter({ directory, options, seed: 7 });
      await writer.said(1);
      const kept = await openLog(directory, { readOnly: true });
      const until = performance.now() + LOOK_MS;
      let looks = 0;
      for (
        let way = 0;
        performance.now() < until || looks < MIN_LOOKS;
        way = (way + 1) % 3, looks++
      ) {
        await within(look(kept, way), `way ${way}`);
        const fresh = await openFsLog(directory, { readOnly: true });
        await within(look(fresh, way), `way ${way}, anew`);
        await fresh.close();
      }
      await writer.kill();
      await kept.close();
    },
    120_000 + LOOK_MS,
  );
});

describe('a reader writes nothing', () => {
  test('and refuses to', async () => {
    const { reader } = await pair();
    for (const call of [
      () => reader.append(recordOf(4)),
      () => reader.append([]),
      () => reader.truncate(1),
      () => reader.trim(1),
      () => reader.roll(),
      () => reader.sync(),
    ]) {
      await rejection(call(), 'ERR_LOG_READ_ONLY');
    }
    expect(reader.readOnly).toBe(true);
    await reader.close();
    await rejection(reader.append(recordOf(4)), 'ERR_LOG_CLOSED');
    await rejection(reader.get(1), 'ERR_LOG_CLOSED');
  });

  test('nor takes a lock, on a disk that refuses every change', async () => {
    const { directory, writer } = await pair();
    await writer.close();
    const before = await snapshot(directory);
    const disk = new WatchedDisk();
    disk.before = (call) => {
      if (isChange(call)) throw new Error(`a reader must not ${call.operation} ${call.name}`);
    };
    const reader = await openLog(directory, { disk, readOnly: true });
    expect(await readAll(reader)).toEqual(recordsOf(1, 3));
    const iterator = reader.iterator({ follow: true });
    await take(iterator, 3);
    await iterator.return();
    await reader.close();
    expect(await snapshot(directory)).toEqual(before);
    expect(disk.openFiles).toBe(0);
  });

  test('a log that a crash left is read as it is', async () => {
    const { directory, tail } = await leftBehind();
    await truncate(tail.path, tail.end - 20);
    const before = await snapshot(directory);
    const left = await openLog(directory, { readOnly: true });
    // Record 4 is whole, but nothing that is whole says that it was durable.
    expect(await readAll(left)).toEqual(recordsOf(1, 3));
    expect(left.recovery).toEqual({ wasClean: false, torn: undefined });
    const iterator = left.iterator({ follow: true });
    expect(await take(iterator, 3)).toEqual(recordsOf(1, 3));
    expect(await snapshot(directory)).toEqual(before);
    // Its next owner decides, and the reader hears of it.
    const owner = await openLog(directory);
    expect(await take(iterator, 1)).toEqual([recordOf(4)]);
    await fill(owner, 1);
    expect(await take(iterator, 1)).toEqual([recordOf(5)]);
    await iterator.return();
  });

  test('no log: refused, until there is one', async () => {
    const directory = await temporaryDirectory();
    await rejection(openFsLog(directory, { readOnly: true }), 'ERR_LOG_INVALID_ARGUMENT');
    const writer = await openLog(directory, { firstId: 9 });
    const reader = await openLog(directory, { readOnly: true });
    expect([reader.firstId, reader.lastId, reader.nextId]).toEqual([undefined, undefined, 9]);
    expect(await reader.listSegments()).toEqual([]);
    const iterator = reader.iterator({ follow: true });
    const waiting = take(iterator, 1);
    await fill(writer, 1);
    expect(await waiting).toEqual([recordOf(9)]);
    await iterator.return();
  });

  test('a log that is removed under it is missing, not empty', async () => {
    const { directory, writer, reader } = await pair();
    await writer.close();
    for (const name of await segmentFiles(directory)) await rm(join(directory, name));
    await rejection(openFsLog(directory, { readOnly: true }), 'ERR_LOG_CORRUPT');
    await reader.close();
  });
});
