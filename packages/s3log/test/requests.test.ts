import { createMemoryStore, openS3Log, type S3Log } from '@wal/s3log';
import { beforeEach, expect, it } from 'vitest';
import { CountingStore } from './support/counting-store.ts';
import { largeLog } from './support/large-log.ts';

let store: CountingStore;

beforeEach(() => {
  store = new CountingStore(createMemoryStore());
});

const none = { put: 0, get: 0, list: 0, delete: 0 };
const open = (options = {}): Promise<S3Log> =>
  openS3Log({ store, chunkBytes: 1, compactAfterChunks: 0, ...options });

/** A log of so many chunks, of one record each, closed. */
async function logOf(chunks: number): Promise<void> {
  const log = await open({ maxInFlight: 64 });
  const appends = Array.from({ length: chunks }, (_, i) => log.append(Buffer.from(`record ${i}`)));
  await Promise.all(appends);
  await log.close();
  store.take();
}

it.each([1, 10, 1_000, 2_500])(
  'opening for writing takes 7 requests, at %i chunks',
  async (chunks) => {
    await logOf(chunks);
    const log = await open();
    expect(log.nextId).toBe(chunks + 1);
    expect(store.take()).toEqual({ ...none, list: 3, get: 2, put: 2 });
    await log.close();
    expect(store.take()).toEqual(none);
  },
);

it('opening takes as many requests at 1,000,000 chunks: 7 for writing, 5 for reading', async () => {
  store = new CountingStore(await largeLog(1_000_000));
  const reader = await open({ readOnly: true });
  expect(reader.lastId).toBe(1_000_000);
  expect(store.take()).toEqual({ ...none, list: 3, get: 2 });
  const log = await open();
  expect(log.nextId).toBe(1_000_001);
  expect(store.take()).toEqual({ ...none, list: 3, get: 2, put: 2 });
  await log.append(Buffer.from('another'));
  expect(store.take()).toEqual({ ...none, put: 1 });
});

it('opening an empty log for writing takes 6', async () => {
  await logOf(0);
  await open();
  expect(store.take()).toEqual({ ...none, list: 3, get: 1, put: 2 });
});

it('each abandoned empty epoch takes one put more, when the log is opened next', async () => {
  await logOf(3);
  await open();
  store.take();
  await open();
  // The seal of epoch 1 is there: it is looked at, and not put again. Epoch 2 has none.
  expect(store.take()).toEqual({ ...none, list: 3, get: 3, put: 2 });
});

it('each opening since the last append costs the later ones a get, up to the next append', async () => {
  await logOf(3);
  for (let openings = 1; openings <= 100; openings++) {
    await (await open()).close();
    const gets = 1 + openings;
    expect(store.take()).toEqual({ ...none, list: 3, get: gets, put: 2 });
  }
  const log = await open();
  await log.append(Buffer.from('another'));
  await log.close();
  store.take();
  await (await open()).close();
  expect(store.take()).toEqual({ ...none, list: 3, get: 2, put: 2 });
});

it.each([1, 10, 2_500])('opening for reading takes 5 requests, at %i chunks', async (chunks) => {
  await logOf(chunks);
  const log = await open({ readOnly: true });
  expect(log.lastId).toBe(chunks);
  expect(store.take()).toEqual({ ...none, list: 3, get: 2 });
});

it('opening an empty log for reading takes 4', async () => {
  await logOf(0);
  await open({ readOnly: true });
  expect(store.take()).toEqual({ ...none, list: 3, get: 1 });
});

it('an append is one put, and so is a group of them', async () => {
  const log = await open({ chunkBytes: 1_000_000 });
  store.take();
  await log.append(Buffer.from('one'));
  expect(store.take()).toEqual({ ...none, put: 1 });
  await Promise.all(Array.from({ length: 500 }, () => log.append(Buffer.from('of many'))));
  expect(store.take()).toEqual({ ...none, put: 1 });
  for (let i = 0; i < 20; i++) await log.append([Buffer.from('a'), Buffer.from('b')]);
  expect(store.take()).toEqual({ ...none, put: 20 });
});

it('a truncate takes 3 requests, one that removes nothing none', async () => {
  await logOf(10);
  const log = await open();
  await log.append(Buffer.from('another'));
  store.take();
  await log.truncate(4);
  expect(store.take()).toEqual({ ...none, put: 2, list: 1 });
  await log.truncate(4);
  expect(store.take()).toEqual(none);
});

it('a trim takes 2 requests, and one for each 1,000 chunks it deletes', async () => {
  const log = await open({ maxInFlight: 64 });
  await Promise.all(Array.from({ length: 2_500 }, () => log.append(Buffer.from('x'))));
  store.take();
  await log.trim(2_400);
  await log.close();
  expect(store.take()).toEqual({ ...none, put: 1, list: 1, delete: 3 });
});

it('a replay is one get a chunk', async () => {
  const log = await open({ maxInFlight: 64 });
  await Promise.all(Array.from({ length: 300 }, (_, i) => log.append(Buffer.from(`${i}`))));
  store.take();
  let count = 0;
  for await (const _ of log.iterator()) count++;
  expect(count).toBe(300);
  expect(store.take()).toEqual({ ...none, get: 300 });
});

it('a replay of a log opened again for writing is one get a chunk, of one size each', async () => {
  await logOf(300);
  const log = await open();
  store.take();
  let count = 0;
  for await (const _ of log.iterator()) count++;
  expect(count).toBe(300);
  expect(store.take()).toEqual({ ...none, get: 300 });
});

it('a replay over several epochs takes a get for each seal, and up to 64 behind it', async () => {
  const chunks = 40;
  for (let epoch = 0; epoch < 3; epoch++) await logOf(chunks);
  const log = await open();
  store.take();
  let count = 0;
  for await (const _ of log.iterator()) count++;
  expect(count).toBe(3 * chunks);
  const { get, ...others } = store.take();
  expect(others).toEqual({ put: 0, list: 0, delete: 0 });
  // Nobody knows where an epoch ends before its seal is read: until then the reader asks ahead as anywhere.
  expect(get).toBeGreaterThanOrEqual(3 * chunks + 2);
  expect(get).toBeLessThanOrEqual(3 * chunks + 2 * 64);
});

it('a replay of a log opened for reading is one get a chunk, and one behind the last', async () => {
  await logOf(300);
  const log = await open({ readOnly: true });
  store.take();
  let count = 0;
  for await (const _ of log.iterator()) count++;
  expect(count).toBe(300);
  expect(store.take()).toEqual({ ...none, get: 301 });
});

it('a follower takes one get a look, and one listing in 10 s', async () => {
  await logOf(1);
  let now = 0;
  const sleepers: (() => void)[] = [];
  const clock = {
    now: () => now,
    after: (ms: number, call: () => void) => {
      // Time limits of requests never run out here.
      if (ms <= 2_000) {
        sleepers.push(() => {
          now += ms;
          call();
        });
      }
      return () => undefined;
    },
  };
  const log = await open({ readOnly: true, clock, entropy: undefined });
  const iterator = log.iterator({ follow: true });
  await iterator.next();
  const waiting = iterator.next();
  waiting.catch(() => undefined);
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  await turn();
  store.take();
  for (let looks = 0; looks < 100; looks++) {
    sleepers.splice(0).forEach((wake) => void wake());
    await turn();
  }
  const { get, list, put } = store.take();
  expect(get).toBeGreaterThanOrEqual(95);
  expect(get).toBeLessThanOrEqual(100);
  expect(list).toBeLessThanOrEqual(Math.ceil(now / 10_000));
  expect(list).toBeGreaterThanOrEqual(Math.floor(now / 11_000));
  expect(put).toBe(0);
  await log.close();
});
