import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { rejection } from './support/errors.ts';
import { fill, ids, readIds, recordOf } from './support/records.ts';
import { openLog, temporaryDirectory } from './support/temporary-log.ts';
import {
  type DiskCall,
  Gate,
  inputOutputError,
  isChange,
  isSegment,
  WatchedDisk,
} from './support/watched-disk.ts';

/** One letter a kind of file: what the order of calls is about. */
function spell({ operation, name, position }: DiskCall, directory: string): string {
  const file = name.endsWith('.wal') ? 'segment' : name;
  if (operation === 'syncDirectory')
    return name === directory ? 'syncDirectory' : `${operation} ..`;
  if (operation === 'write' && name === 'META') return `write META slot ${(position ?? 0) / 4096}`;
  return `${operation} ${file}`;
}

class Recorded {
  readonly disk = new WatchedDisk();
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** The calls that `run` has seen the end of by the time it resolves. */
  async during(run: () => Promise<unknown>): Promise<string[]> {
    this.disk.reset();
    await run();
    const name = this.directory.split('/').at(-1) as string;
    return this.disk.done.map((call) => spell(call, name));
  }

  /** The same, changes only. */
  async changesDuring(run: () => Promise<unknown>): Promise<string[]> {
    const changes = new Set([
      'create',
      'link',
      'rename',
      'remove',
      'write',
      'sync',
      'syncDirectory',
      'truncate',
    ]);
    return (await this.during(run)).filter((call) => changes.has(call.split(' ')[0] as string));
  }
}

async function recorded(): Promise<Recorded> {
  return new Recorded(await temporaryDirectory());
}

const COMMIT_0_1 = ['write META slot 0', 'sync META', 'write META slot 1', 'sync META'];
const COMMIT_1_0 = ['write META slot 1', 'sync META', 'write META slot 0', 'sync META'];

function expectCommit(calls: readonly string[]): void {
  expect([COMMIT_0_1, COMMIT_1_0]).toContainEqual(calls);
}

describe('APPEND-1 what is durable when a call resolves', () => {
  test('creation: META under another name, its sync, its name, the directory, its parent', async () => {
    const parent = await temporaryDirectory();
    const watched = new Recorded(join(parent, 'log'));
    const { disk, directory } = watched;
    const calls = await watched.during(() => openLog(directory, { disk }));
    const order = [
      'create META.new',
      'write META.new',
      'sync META.new',
      'link META',
      'syncDirectory',
    ].map((call) => calls.indexOf(call));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).not.toContain(-1);
    expect(calls.lastIndexOf('write META.new')).toBeLessThan(calls.indexOf('sync META.new'));
    const parentSync = disk.done.findIndex(
      (call) => call.operation === 'syncDirectory' && call.name === parent.split('/').at(-1),
    );
    expect(parentSync).toBeGreaterThan(calls.indexOf('makeDirectory log'));
    expect(dirname(directory)).toBe(parent);
  });

  test('opening: both slots with the new epoch, before a byte of the log is changed', async () => {
    const watched = await recorded();
    const { disk, directory } = watched;
    await (await openLog(directory)).close();
    const changes = await watched.changesDuring(() => openLog(directory, { disk }));
    const ofMeta = changes.filter((call) => call.includes('META'));
    expect(ofMeta.filter((call) => call === 'sync META').length).toBe(3);
    // Its old name goes once all is durable.
    expect(ofMeta.slice(-2)).toEqual(['sync META', 'remove META']);
    for (const [i, call] of changes.entries()) {
      if (call.startsWith('write META')) expect(changes[i + 1]).toBe('sync META');
    }
  });

  test('the first append: segment and its name, then META, then the batch', async () => {
    const watched = await recorded();
    const log = await openLog(watched.directory, { disk: watched.disk, preallocate: false });
    const changes = await watched.changesDuring(() => fill(log, 1));
    expect(changes.slice(0, 4)).toEqual([
      'create segment',
      'write segment',
      'sync segment',
      'syncDirectory',
    ]);
    expectCommit(changes.slice(4, 8));
    expect(changes.slice(8)).toEqual(['write segment', 'sync segment']);
  });

  test('an append: one write, one sync, then the epoch is read again', async () => {
    const watched = await recorded();
    const log = await openLog(watched.directory, { disk: watched.disk, preallocate: false });
    await fill(log, 1);
    // Not the mark of an idle log, which the clock decides on.
    for (let i = 0; i < 3; i++) {
      const calls = await watched.during(() => fill(log, 1));
      expect(calls.slice(-3)).toEqual(['write segment', 'sync segment', 'identify META']);
    }
  });

  test('truncate: the old segment, the new one, its name, META', async () => {
    const watched = await recorded();
    const log = await openLog(watched.directory, { disk: watched.disk, preallocate: false });
    await fill(log, 5);
    const changes = (await watched.changesDuring(() => log.truncate(3))).slice();
    const from = changes.indexOf('create segment');
    expect(changes.slice(from, from + 4)).toEqual([
      'create segment',
      'write segment',
      'sync segment',
      'syncDirectory',
    ]);
    expectCommit(changes.slice(from + 4, from + 8));
  });

  test('trim: META and nothing else', async () => {
    const watched = await recorded();
    const log = await openLog(watched.directory, { disk: watched.disk, preallocate: false });
    await fill(log, 5);
    const changes = await watched.changesDuring(() => log.trim(3));
    expectCommit(changes.filter((call) => call.includes('META')));
  });

  test('roll: the old segment is synced before the new one exists', async () => {
    const watched = await recorded();
    const { disk, directory } = watched;
    const log = await openLog(directory, { disk, preallocate: false, durability: 'none' });
    await fill(log, 3);
    const changes = await watched.changesDuring(() => log.roll());
    expect(changes.slice(0, 2)).toEqual(['sync segment', 'create segment']);
    expectCommit(changes.slice(5, 9));
    // Its footer, which names the new one, before a batch is written to that.
    expect(changes.slice(9)).toEqual(['write segment', 'truncate segment', 'sync segment']);
  });

  test('close: the records, then META says so, then the footer', async () => {
    const watched = await recorded();
    const { disk, directory } = watched;
    const log = await openLog(directory, { disk, preallocate: false, durability: 'none' });
    await fill(log, 3);
    const changes = await watched.changesDuring(() => log.close());
    expect(changes[0]).toBe('sync segment');
    expectCommit(changes.slice(1, 5));
    expect(changes.slice(5)).toEqual(['write segment', 'truncate segment', 'sync segment']);
  });

  test('whatever the operation, both slots of META are synced when it resolves', async () => {
    const watched = await recorded();
    const { disk, directory } = watched;
    const log = await openLog(directory, { disk, segmentBytes: 4096 });
    const operations = [
      () => fill(log, 1),
      () => log.roll(),
      () => fill(log, 1),
      () => log.truncate(1),
      () => log.trim(1),
      () => log.trim(50),
      () => fill(log, 100),
      () => log.close(),
    ];
    for (const operation of operations) {
      const calls = await watched.during(operation);
      const writes = calls.filter((call) => call.startsWith('write META'));
      const syncs = calls.filter((call) => call === 'sync META');
      expect(syncs).toHaveLength(writes.length);
      expect(calls.lastIndexOf('sync META')).toBeGreaterThanOrEqual(
        Math.max(-1, ...writes.map((call) => calls.lastIndexOf(call))),
      );
    }
  });
});

describe('group commit', () => {
  test('1,000 appends at once share a few syncs', async () => {
    const { disk, directory } = await recorded();
    const log = await openLog(directory, { disk });
    await fill(log, 1);
    disk.reset();
    await Promise.all(ids(2, 1001).map((id) => log.append(recordOf(id))));
    const syncs = disk.calls.filter((c) => c.operation === 'sync' && isSegment(c));
    // Of the preallocation too, which is no part of an append.
    expect(syncs.length).toBeLessThan(8);
    expect(await readIds(log)).toEqual(ids(1, 1001));
  });

  test('what arrives during a sync is the next group', async () => {
    const { disk, directory } = await recorded();
    const log = await openLog(directory, { disk, preallocate: false });
    await fill(log, 1);
    disk.reset();
    const gate = new Gate();
    disk.before = async (call) => {
      if (call.operation === 'sync' && isSegment(call)) await gate.pass();
    };
    const first = log.append(recordOf(2));
    await gate.reached;
    const others = ids(3, 50).map((id) => log.append(recordOf(id)));
    expect(log.lastId).toBe(1);
    expect(log.nextId).toBe(51);
    gate.open();
    await Promise.all([first, ...others]);
    expect(disk.calls.filter((c) => c.operation === 'sync' && isSegment(c))).toHaveLength(2);
  });

  test('READ-1 a record is not visible before its sync', async () => {
    const { disk, directory } = await recorded();
    const log = await openLog(directory, { disk });
    await fill(log, 2);
    const gate = new Gate();
    disk.before = async (call) => {
      if (call.operation === 'sync' && isSegment(call)) await gate.pass();
    };
    const appending = log.append(recordOf(3));
    await gate.reached;
    expect(log.lastId).toBe(2);
    expect(await readIds(log)).toEqual([1, 2]);
    await rejection(log.get(3), 'ERR_LOG_NOT_FOUND');
    gate.open();
    await appending;
    expect(await readIds(log)).toEqual([1, 2, 3]);
  });
});

describe('durability modes', () => {
  const segmentSyncs = (disk: WatchedDisk): number =>
    disk.calls.filter((call) => call.operation === 'sync' && isSegment(call)).length;

  test("'none' syncs at sync(), roll, truncate and close alone", async () => {
    const { disk, directory } = await recorded();
    const log = await openLog(directory, { disk, durability: 'none', preallocate: false });
    await fill(log, 1);
    disk.reset();
    await fill(log, 100);
    expect(segmentSyncs(disk)).toBe(0);
    expect(log.lastId).toBe(101);
    await log.sync();
    expect(segmentSyncs(disk)).toBe(1);
    await log.sync();
    expect(segmentSyncs(disk)).toBe(1);
    disk.reset();
    await fill(log, 1);
    await log.roll();
    // The records, the new segment's header, and the old one's footer.
    expect(segmentSyncs(disk)).toBe(3);
    await fill(log, 2);
    disk.reset();
    await log.truncate(102);
    expect(segmentSyncs(disk)).toBe(3);
    await fill(log, 1);
    disk.reset();
    await log.close();
    expect(segmentSyncs(disk)).toBe(2);
  });

  test('{ intervalMs } syncs by itself, once for many appends', async () => {
    const { disk, directory } = await recorded();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const durability = { intervalMs: 30 };
    const log = await openLog(directory, { disk, durability, preallocate: false });
    await fill(log, 1);
    await log.sync();
    disk.reset();
    const synced = new Promise<void>((resolve) => {
      disk.before = (call) => {
        if (call.operation === 'sync' && isSegment(call)) resolve();
      };
    });
    await fill(log, 20);
    vi.advanceTimersByTime(29);
    await fill(log, 20);
    expect(segmentSyncs(disk)).toBe(0);
    vi.advanceTimersByTime(1);
    await synced;
    expect(segmentSyncs(disk)).toBe(1);
  });

  test('sync() waits for every append before it', async () => {
    const { disk, directory } = await recorded();
    const log = await openLog(directory, { disk, durability: 'none' });
    const appends = ids(1, 50).map((id) => log.append(recordOf(id)));
    await log.sync();
    expect(log.lastId).toBe(50);
    const last = disk.done.findLastIndex((call) => isSegment(call) && isChange(call));
    expect(disk.done[last]?.operation).toBe('sync');
    await Promise.all(appends);
  });

  test('a failed sync of an interval poisons the log', async () => {
    const { disk, directory } = await recorded();
    const durability = { intervalMs: 1 };
    const log = await openLog(directory, { disk, durability, preallocate: false });
    await fill(log, 1);
    await log.sync();
    const failed = new Promise<void>((resolve) => {
      disk.before = (call) => {
        if (call.operation !== 'sync' || !isSegment(call)) return;
        resolve();
        throw inputOutputError();
      };
    });
    await fill(log, 1);
    await failed;
    await rejection(log.sync(), 'ERR_LOG_FAILED');
    await rejection(log.append(recordOf(3)), 'ERR_LOG_FAILED');
    expect(await readIds(log)).toEqual([1, 2]);
  });
});
