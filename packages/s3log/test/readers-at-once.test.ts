import { createMemoryStore, type ObjectStore, openS3Log, type S3Log } from '@wal/s3log';
import { beforeEach, expect, it } from 'vitest';
import { CountingStore } from './support/counting-store.ts';

let memory: ObjectStore;
let writer: S3Log;

beforeEach(async () => {
  memory = createMemoryStore();
  writer = await openS3Log({ store: memory, chunkBytes: 1 });
});

/** One answer of a store that is on its way for long: it tells what was there when the request was done. */
interface HeldAnswer {
  /** Resolves once the request was done, and its answer waits. */
  readonly done: Promise<void>;
  readonly release: () => void;
}

/** The memory store, of whose next answers to a `get` or `list` one can be held. */
function storeWithHeldAnswers(): {
  readonly store: ObjectStore;
  readonly hold: (request: 'get' | 'list', key: string, skip?: number) => HeldAnswer;
} {
  let held: { request: string; key: string; skip: number; hold: () => Promise<void> } | undefined;
  const pass = async <T>(request: string, key: string, answer: T): Promise<T> => {
    if (held?.request !== request || held.key !== key || held.skip-- > 0) return answer;
    const { hold } = held;
    held = undefined;
    await hold();
    return answer;
  };
  const hold = (request: string, key: string, skip = 0): HeldAnswer => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const done = new Promise<void>((reached) => {
      held = {
        request,
        key,
        skip,
        hold: () => {
          reached();
          return released;
        },
      };
    });
    return { done, release };
  };
  const { putIfAbsent, delete: remove } = memory;
  const store: ObjectStore = {
    putIfAbsent,
    delete: remove,
    get: async (key, options) => pass('get', key, await memory.get(key, options)),
    list: async (prefix, options) => pass('list', prefix, await memory.list(prefix, options)),
  };
  return { store, hold };
}

const append = (text: string): Promise<unknown> => writer.append(Buffer.from(text));

/** The key of a slot in the first epoch. */
const slot = (n: number): string =>
  `d/fffffffffffffffe/${(2n ** 64n - 1n - BigInt(n)).toString(16)}`;

async function idsOf(log: S3Log): Promise<number[]> {
  const ids: number[] = [];
  for await (const { id } of log.iterator()) ids.push(id);
  return ids;
}

it('OPEN-4 a look at the root that is outrun by another takes nothing for damage', async () => {
  for (const text of ['one', 'two', 'three', 'four']) await append(text);
  const { store, hold } = storeWithHeldAnswers();
  const reader = await openS3Log({ store, readOnly: true });
  await writer.trim(1);
  const lastLook = hold('list', 'root/', 2);
  const slow = reader.collect();
  await lastLook.done;
  await writer.trim(2);
  await reader.collect();
  expect(reader.firstId).toBe(3);
  lastLook.release();
  await slow;
  expect(reader.firstId).toBe(3);
  await reader.close();
});

it('READ-2 ITERATE-3 what was durable at the call is found, though a look before it has missed it', async () => {
  await append('one');
  const { store, hold } = storeWithHeldAnswers();
  const reader = await openS3Log({ store, readOnly: true });
  const look = hold('get', slot(1));
  const follower = reader.iterator({ start: 2, follow: true });
  const next = follower.next();
  await look.done;
  await append('two');
  const got = reader.get(2).catch((error: unknown) => error);
  const read = idsOf(reader);
  look.release();
  expect(await got).toMatchObject({ id: 2 });
  expect(await read).toEqual([1, 2]);
  expect(await next).toMatchObject({ value: { id: 2 } });
  await reader.close();
});

it('READ-2 a get finds a record many chunks and some owners behind what was known', async () => {
  await append('one');
  const reader = await openS3Log({ store: memory, readOnly: true });
  for (let owner = 0; owner < 3; owner++) {
    writer = await openS3Log({ store: memory, chunkBytes: 1 });
    for (let i = 0; i < 10; i++) await append('more');
  }
  expect(await reader.get(31)).toMatchObject({ id: 31 });
  await expect(reader.get(32)).rejects.toMatchObject({ code: 'ERR_LOG_NOT_FOUND', nextId: 32 });
  await reader.close();
});

it('READ-3 a get of a record that is not there ends, though a writer is as quick as it', async () => {
  await append('one');
  const counting = new CountingStore(memory);
  const get: ObjectStore['get'] = async (...given) => {
    await append('another');
    return await counting.get(...given);
  };
  const { putIfAbsent, list, delete: remove } = memory;
  const reader = await openS3Log({
    store: { putIfAbsent, get, list, delete: remove },
    readOnly: true,
  });
  counting.take();
  await expect(reader.get(1_000_000)).rejects.toMatchObject({ code: 'ERR_LOG_NOT_FOUND' });
  expect(counting.take().get).toBeLessThan(10);
  await reader.close();
});

it('CLOSE-1 a get that is on its way through many chunks ends when it is aborted, or the log is closed', async () => {
  await append('one');
  const counting = new CountingStore(memory);
  const aborting = new AbortController();
  const readers: S3Log[] = [];
  for (let i = 0; i < 2; i++) readers.push(await openS3Log({ store: counting, readOnly: true }));
  for (let i = 0; i < 100; i++) await append('more');
  counting.take();
  const [first, second] = readers as [S3Log, S3Log];
  const gets = [first.get(101, { signal: aborting.signal }), second.get(101)];
  const outcomes = Promise.allSettled(gets);
  for (let turn = 0; counting.counts.get < 20 && turn < 10_000; turn++) await Promise.resolve();
  expect(counting.counts.get).toBeGreaterThanOrEqual(20);
  aborting.abort(new Error('not wanted'));
  const closed = second.close();
  expect(await outcomes).toMatchObject([
    { status: 'rejected', reason: { message: 'not wanted' } },
    { status: 'rejected', reason: { code: 'ERR_LOG_CLOSED' } },
  ]);
  await closed;
  await first.close();
  expect(counting.take().get).toBeLessThan(50);
});
