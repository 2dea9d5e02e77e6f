import { SimRandom } from '@wal/conformance';
import { createMemoryStore, type ObjectStore, openS3Log, StoreError } from '@wal/s3log';
import { expect, it } from 'vitest';
import { fastClock } from './support/fast-clock.ts';

type Put = ObjectStore['putIfAbsent'];

/** A store whose puts of the probe go another way, and what is left of the probe in it. */
function probed(put: (store: ObjectStore) => Put): {
  store: ObjectStore;
  left: () => Promise<number>;
} {
  const memory = createMemoryStore();
  const { get, list, delete: remove } = memory;
  const probePut = put(memory);
  const putIfAbsent: Put = (key, body) =>
    key.startsWith('probe/') ? probePut(key, body) : memory.putIfAbsent(key, body);
  const left = async (): Promise<number> => (await memory.list('probe/')).length;
  return { store: { putIfAbsent, get, list, delete: remove }, left };
}

/** A minute of the machine: it may be busy. */
const options = {
  clock: fastClock(100),
  requestTimeoutMs: 6_000_000,
  giveUpAfterMs: 6_000_000,
};

const overwrite = async (store: ObjectStore, key: string, body: Uint8Array): Promise<'created'> => {
  await store.delete([key]);
  return (await store.putIfAbsent(key, body)) as 'created';
};

const UNFIT: Record<string, (store: ObjectStore) => Put> = {
  'overwrites, and says so': (store) => (key, body) => overwrite(store, key, body),
  'overwrites, and says that something is there': (store) => async (key, body) => {
    const outcome = await store.putIfAbsent(key, body);
    if (outcome === 'exists') await overwrite(store, key, body);
    return outcome;
  },
  'looks first, and writes later': (store) => async (key, body) => {
    if ((await store.get(key)) !== undefined) return 'exists';
    await new Promise((resolve) => setTimeout(resolve, 1));
    return await overwrite(store, key, body);
  },
  'refuses everything': () => async () => 'exists',
  'stores nothing': () => async () => 'created',
  'stores something else': (store) => (key) => store.putIfAbsent(key, Buffer.from('x')),
  'does not know the condition': () => async () => {
    throw new StoreError('unsupported', 'NotImplemented');
  },
  'overwrites in the race, and loses half of its answers': (store) => {
    let puts = 0;
    return async (key, body) => {
      const outcome = await overwrite(store, key, body);
      if (puts++ % 2 === 0) throw new StoreError('unavailable', 'error 500');
      return outcome;
    };
  },
};

it.each(Object.entries(UNFIT))('a store is refused that %s', async (_, put) => {
  const { store, left } = probed(put);
  await expect(openS3Log({ ...options, store })).rejects.toMatchObject({
    code: 'ERR_LOG_UNSUPPORTED_STORE',
  });
  expect(await left()).toBe(0);
});

it('a put that is repeated on its way, and told that its own object is there, is no reason to refuse a store', async () => {
  const { store, left } = probed((memory) => async (key, body) => {
    await memory.putIfAbsent(key, body);
    return await memory.putIfAbsent(key, body);
  });
  const log = await openS3Log({ ...options, store });
  expect((await log.append(Buffer.from('x'))).firstId).toBe(1);
  await log.close();
  expect(await left()).toBe(0);
});

it('nor are answers that are lost, as long as some come', async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = new SimRandom(seed);
    const { store } = probed((memory) => async (key, body) => {
      const isBefore = random.chance(0.2);
      if (isBefore) throw new StoreError('unavailable', 'error 500');
      const outcome = await memory.putIfAbsent(key, body);
      if (random.chance(0.2)) throw new StoreError('unavailable', 'the connection was reset');
      return outcome;
    });
    await (await openS3Log({ ...options, store })).close();
  }
});

it('a store that does not answer is not called unfit', async () => {
  const { store } = probed(() => async () => {
    throw new StoreError('unavailable', 'error 500');
  });
  await expect(openS3Log({ ...options, store, giveUpAfterMs: 3_000 })).rejects.toMatchObject({
    code: 'ERR_LOG_FAILED',
    cause: { kind: 'unavailable' },
  });
});
