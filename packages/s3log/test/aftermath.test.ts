import { type Clock, createMemoryStore, type ObjectStore, openS3Log, type S3Log } from '@wal/s3log';
import { expect, it, vi } from 'vitest';
import { CountingStore } from './support/counting-store.ts';
import { fastClock } from './support/fast-clock.ts';

const text = (data: Uint8Array): string => Buffer.from(data).toString();

/** A store that fails gets of the chunks behind the eighth. */
class PartlyDeafStore extends CountingStore {
  override async get(...given: Parameters<ObjectStore['get']>): ReturnType<ObjectStore['get']> {
    const [key] = given;
    const found = await super.get(...given);
    if (key.startsWith('d/') && key < 'd/fffffffffffffffe/fffffffffffffff8')
      throw new Error('reset');
    return found;
  }
}

it('CLOSE-1 nothing is asked of the store once a log is closed, whatever was to be read ahead', async () => {
  const store = new PartlyDeafStore(createMemoryStore());
  const waits = new Set<() => void>();
  const clock: Clock = {
    now: () => 0,
    after: (ms, call) => {
      if (ms < 10_000) waits.add(call); // No request is that late.
      return () => undefined;
    },
  };
  const log = await openS3Log({ store, chunkBytes: 1, lingerMs: 0, clock });
  for (let i = 0; i < 20; i++) await log.append(Buffer.from('x'));
  const records = log.iterator();
  for (let i = 0; i < 7; i++) await records.next();
  await log.close();
  expect(waits.size).toBeGreaterThan(0); // To ask once more for what failed.
  store.take();
  for (const wake of waits) wake();
  await new Promise((resolve) => setImmediate(resolve));
  expect(store.take()).toEqual({ put: 0, get: 0, list: 0, delete: 0 });
});

it('APPEND-2 no memory for an append fails it, and nothing else', async () => {
  const log = await openS3Log({ store: createMemoryStore(), maxRecordBytes: 1 << 20 });
  const before = log.append(Buffer.from('before'));
  const refuse = (): never => {
    throw new RangeError('Array buffer allocation failed');
  };
  vi.stubGlobal('Uint8Array', new Proxy(Uint8Array, { construct: refuse }));
  const appended = log.append(Buffer.alloc(1 << 20));
  vi.unstubAllGlobals();
  await expect(appended).rejects.toThrow('allocation');
  await before;
  await log.append(Buffer.from('after'));
  expect(text((await log.get(2)).data)).toBe('after');
  await log.close();
});

it('OPEN-4 a reader that sees the newest root version gone says so, and goes back to none before', async () => {
  const store = createMemoryStore();
  const clock = fastClock(1_000);
  const log = await openS3Log({ store, clock });
  await log.append([Buffer.from('a'), Buffer.from('b')]);
  const reader = await openS3Log({ store, clock, readOnly: true });
  await log.trim(1);
  await clock.sleep(11_000);
  await expect(reader.get(3)).rejects.toMatchObject({ code: 'ERR_LOG_NOT_FOUND' });
  expect(reader.firstId).toBe(2);
  const [newest] = await store.list('root/', { limit: 1 });
  await store.delete([newest?.key ?? '']);
  await clock.sleep(11_000);
  await expect(reader.get(3)).rejects.toMatchObject({ code: 'ERR_LOG_CORRUPT' });
  await Promise.all([reader.close(), log.close()]);
});

it('FOLLOW-5 a follower passes at once over what a truncate removed before it came there', async () => {
  const store = createMemoryStore();
  let now = 0;
  const clock = { now: () => now, after: fastClock(1_000).after };
  const log = await openS3Log({ store, chunkBytes: 1 });
  await log.append(Buffer.from('a'));
  const counting = new CountingStore(store);
  const reader: S3Log = await openS3Log({ store: counting, readOnly: true, clock });
  for (let i = 0; i < 300; i++) await log.append(Buffer.from('gone'));
  await log.truncate(1);
  await log.append(Buffer.from('b'));
  now += 11_000;
  counting.take();
  const seen: string[] = [];
  for await (const { data } of reader.iterator({ follow: true, end: 2 })) seen.push(text(data));
  expect(seen).toEqual(['a', 'b']);
  expect(counting.take().get).toBeLessThan(10);
  await Promise.all([reader.close(), log.close()]);
});

it('READ-4 the bytes of a put that was given up stay as they are: it may still arrive', async () => {
  const memory = createMemoryStore();
  const { get, list, delete: remove } = memory;
  let held: { body: Uint8Array; before: Uint8Array } | undefined;
  const putIfAbsent: ObjectStore['putIfAbsent'] = async (key, body) => {
    if (held === undefined && body.length > 100_000) {
      held = { body, before: new Uint8Array(body) };
      return await new Promise(() => undefined);
    }
    return await memory.putIfAbsent(key, body);
  };
  const store = { putIfAbsent, get, list, delete: remove };
  const limits = { requestTimeoutMs: 2_000, giveUpAfterMs: 6_000_000 }; // The second is a minute here.
  const log = await openS3Log({ store, clock: fastClock(100), ...limits });
  for (let i = 0; i < 4; i++) await log.append(Buffer.alloc(200_000, i));
  expect(held && Buffer.compare(held.body, held.before)).toBe(0);
  for (let i = 0; i < 4; i++) {
    const { data } = await log.get(i + 1);
    expect(Buffer.compare(data, Buffer.alloc(200_000, i))).toBe(0);
  }
  await log.close();
});
