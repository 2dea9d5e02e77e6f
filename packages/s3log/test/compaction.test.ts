import { type Clock, createMemoryStore, type ObjectStore, openS3Log, type S3Log } from '@wal/s3log';
import { beforeEach, describe, expect, it } from 'vitest';
import { compactedUnderRead } from './sim/compacted-under-read.ts';
import { searchBehindSegments } from './sim/search-behind-segments.ts';
import { CountingStore } from './support/counting-store.ts';
import { fastClock } from './support/fast-clock.ts';

let memory: ObjectStore;
let store: CountingStore;

beforeEach(() => {
  memory = createMemoryStore();
  store = new CountingStore(memory);
});

const none = { put: 0, get: 0, list: 0, delete: 0 };
const open = (options = {}): Promise<S3Log> =>
  openS3Log({ store, chunkBytes: 1, maxInFlight: 64, compactAfterChunks: 0, ...options });

async function append(log: S3Log, count: number): Promise<void> {
  const { nextId } = log;
  const appends = Array.from({ length: count }, (_, i) => log.append(textOf(nextId + i)));
  await Promise.all(appends);
}

function textOf(id: number): Uint8Array {
  return Buffer.from(`record ${id}`);
}

/** The ids that an iterator gives, each of whose records must be the one it was. */
async function idsOf(log: S3Log, options = {}): Promise<number[]> {
  const ids: number[] = [];
  for await (const { id, data } of log.iterator(options)) {
    expect(Buffer.from(data).toString()).toBe(Buffer.from(textOf(id)).toString());
    ids.push(id);
  }
  return ids;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** The time of the machine, and as much as a test adds. */
function movableClock(): Clock & { aheadMs: number } {
  return {
    aheadMs: 0,
    now() {
      return Date.now() + this.aheadMs;
    },
    after: (ms, call) => {
      const timer = setTimeout(call, ms).unref();
      return () => clearTimeout(timer);
    },
  };
}

async function keysOf(prefix: string): Promise<string[]> {
  return (await memory.list(prefix)).map(({ key }) => key);
}

describe('a compaction', () => {
  it('takes a get a chunk, then 2 puts, a get to read the segment back and a listing', async () => {
    const log = await open();
    await append(log, 300);
    store.take();
    expect(await log.compact()).toBe(1);
    expect(store.take()).toEqual({ put: 2, get: 301, list: 1, delete: 0 });
    expect(await log.compact()).toBe(0);
  });

  it('is read with one get of the footer and one a range, from another handle too', async () => {
    const log = await open();
    await append(log, 300);
    await log.compact();
    store.take();
    expect(await idsOf(log)).toEqual(range(1, 300));
    expect(store.take()).toEqual({ ...none, get: 2 });
    const reader = await open({ readOnly: true });
    store.take();
    expect(await idsOf(reader, { start: 7, end: 290 })).toEqual(range(7, 290));
    expect(store.take()).toEqual({ ...none, get: 2 });
  });

  it('leaves a get one get, once the footer is known, of little more than the record', async () => {
    const log = await open();
    await append(log, 300);
    await log.compact();
    await log.get(1);
    store.take();
    for (const id of [1, 2, 150, 299, 300]) {
      expect(Buffer.from((await log.get(id)).data)).toEqual(textOf(id));
      expect(store.take()).toEqual({ ...none, get: 1 });
    }
  });

  it('makes several segments, of as many bytes as are asked for, and goes on behind them', async () => {
    const log = await open({ segmentBytes: 4_096 });
    await append(log, 200);
    expect(await log.compact()).toBeGreaterThan(2);
    await append(log, 10);
    expect(await idsOf(log)).toEqual(range(1, 210));
    await log.close();
    const next = await open();
    expect(next.nextId).toBe(211);
    expect(await idsOf(next)).toEqual(range(1, 210));
    for (const { size } of await memory.list('s/')) expect(size).toBeLessThan(5_000);
  });

  it('goes past a chunk that is larger than a segment', async () => {
    const log = await open({ segmentBytes: 4_096, compactionGraceMs: 0 });
    await append(log, 3);
    await log.append(Buffer.alloc(10_000));
    await log.append(Buffer.alloc(10_000));
    for (let i = 0; i < 20; i++) await log.append(Buffer.from('small'));
    await log.trim(3); // So it is the first.
    expect(await log.compact()).toBe(2);
    const lengths: number[] = [];
    for await (const { data } of log.iterator()) lengths.push(data.length);
    expect(lengths).toEqual([10_000, 10_000, ...Array.from({ length: 20 }, () => 5)]);
    await log.close();
    expect(await keysOf('d/')).toEqual([]);
  });

  it('deletes the chunks when the grace time is over, and no seal', async () => {
    const clock = movableClock();
    const before = await open();
    await append(before, 20);
    const log = await open({ clock, compactionGraceMs: 60_000 });
    await append(log, 20);
    await log.compact();
    await log.collect();
    expect(await keysOf('d/')).toHaveLength(41);
    clock.aheadMs = 60_001;
    expect(await log.collect()).toBe(40);
    expect(await keysOf('d/')).toHaveLength(1);
    expect(await idsOf(log)).toEqual(range(1, 40));
    await log.close();
    const next = await open();
    expect(next.nextId).toBe(41);
    expect(await idsOf(next)).toEqual(range(1, 40));
  });

  it('deletes what a handle before has compacted, at its first change after the grace time', async () => {
    const clock = movableClock();
    const before = await open({ clock, compactionGraceMs: 60_000 });
    await append(before, 20);
    await before.compact();
    await before.close();
    const log = await open({ clock, compactionGraceMs: 60_000 });
    expect(await keysOf('d/')).toHaveLength(21);
    clock.aheadMs = 60_001;
    await log.trim(1);
    await log.close();
    expect(await keysOf('d/')).toHaveLength(1);
  });

  it('is made in the background, and not of large chunks', async () => {
    const log = await open({ compactAfterChunks: 50 });
    await append(log, 49);
    expect(await keysOf('s/')).toEqual([]);
    await append(log, 60);
    while ((await keysOf('s/')).length === 0) await append(log, 1);
    expect(await idsOf(log)).toEqual(range(1, log.nextId - 1));
    await log.close();

    const large = await open({ prefix: 'large', compactAfterChunks: 2 });
    for (let i = 0; i < 5; i++) await large.append(Buffer.alloc(1024 * 1024));
    await large.close();
    expect(await keysOf('large/s/')).toEqual([]);
  });
});

describe('a log with segments', () => {
  it('TRIM-1 is trimmed in a segment, and its segments go when all of them is', async () => {
    const log = await open({ segmentBytes: 2_000 });
    await append(log, 60);
    const segments = await log.compact();
    await append(log, 5);
    await log.trim(30);
    expect(await idsOf(log)).toEqual(range(31, 65));
    await log.close();
    const next = await open();
    expect(next.firstId).toBe(31);
    expect((await keysOf('s/')).length).toBeLessThan(segments);
    await next.trim(62);
    await next.close();
    expect(await keysOf('s/')).toEqual([]);
    expect(await idsOf(await open({ readOnly: true }))).toEqual(range(63, 65));
  });

  it.each([0, 1, 17, 59, 60, 62])('TRUNCATE-1 is truncated to %i', async (kept) => {
    const log = await open({ segmentBytes: 2_000, compactionGraceMs: 0 });
    await append(log, 60);
    await log.compact();
    await append(log, 5);
    await log.truncate(kept);
    expect(log.nextId).toBe(kept + 1);
    await append(log, 3);
    expect(await idsOf(log)).toEqual(range(1, kept + 3));
    await log.collect();
    await log.close();
    const next = await open();
    expect(await idsOf(next)).toEqual(range(1, kept + 3));
    await next.compact();
    await next.collect();
    expect(await idsOf(next)).toEqual(range(1, kept + 3));
    expect(await idsOf(await open({ readOnly: true }))).toEqual(range(1, kept + 3));
  });

  it('goes on being followed across a compaction and the deletion of its chunks', async () => {
    const log = await open({ compactionGraceMs: 0 });
    // It looks at the root each 10 s.
    const reader = await open({ readOnly: true, clock: fastClock(50) });
    const iterator = reader.iterator({ follow: true });
    await append(log, 30);
    for (let id = 1; id <= 10; id++) expect((await iterator.next()).value?.id).toBe(id);
    await log.compact();
    await log.collect();
    await append(log, 5);
    for (let id = 11; id <= 35; id++) expect((await iterator.next()).value?.id).toBe(id);
    await reader.close();
    await log.close();
  });

  it('a segment that no root names is collected, once its epoch is over', async () => {
    const log = await open();
    await append(log, 5);
    await log.compact();
    const [key = ''] = await keysOf('s/');
    const body = (await memory.get(key))?.body ?? Buffer.of();
    const orphan = `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`;
    await memory.putIfAbsent(orphan, body);
    await log.collect();
    expect(await keysOf('s/')).toContain(orphan);
    const next = await open();
    await next.collect();
    expect(await keysOf('s/')).toEqual([key]);
  });

  it('reads a larger segment by ranges, ahead of what is asked for', async () => {
    const log = await open({ chunkBytes: 2 ** 20 });
    const data = Buffer.alloc(2 ** 20 - 1);
    for (let i = 0; i < 40; i++) await log.append(data);
    await log.compact();
    store.take();
    let count = 0;
    for await (const record of log.iterator()) count += record.data.length === data.length ? 1 : 0;
    expect(count).toBe(40);
    // The footer, and 40 MiB by at most 8 MiB, of whole batches.
    expect(store.take()).toEqual({ ...none, get: 1 + 6 });
  });
});

it('a log that is compacted again and again has few segments', async () => {
  const log = await open({ compactionGraceMs: 0, segmentBytes: 100_000 });
  for (let i = 0; i < 100; i++) {
    await append(log, 10);
    await log.compact();
  }
  await log.close();
  expect((await keysOf('s/')).length).toBeLessThan(10);
  expect(await idsOf(await open({ readOnly: true }))).toEqual(range(1, 1_000));
});

it('TRUNCATE-4 what a truncate removed does not come back in a read that a compaction overtakes', async () => {
  expect(await compactedUnderRead(openS3Log)).toBe('a,b,c');
});

it('a record behind what was compacted is found in a few looks', async () => {
  expect(await searchBehindSegments(openS3Log)).toBe('not yet, by few gets');
});

it('a collection deletes old root versions, and nothing that is not of the log', async () => {
  let now = 0;
  memory = createMemoryStore(() => now);
  store = new CountingStore(memory);
  const strangers = ['root/notes', 'd/notes', 'probe/notes', 'notes'];
  const log = await open({ clock: { ...movableClock(), now: () => now } });
  for (const key of strangers) await memory.putIfAbsent(key, Buffer.alloc(200));
  await append(log, 40);
  for (let id = 1; id <= 40; id++) await log.trim(id);
  now += 2 * 3_600_000;
  expect(await log.collect()).toBe(40 - 16); // All but the first, and the newest 16.
  await log.close();
  for (const key of strangers) expect(await memory.get(key)).toBeDefined();
});
