import { createMemoryStore, type ObjectStore, probeStore, StoreError } from '@wal/s3log';
import { describe, expect, it } from 'vitest';
import { CountingStore } from './support/counting-store.ts';
import { fastClock } from './support/fast-clock.ts';

type Change = (store: ObjectStore) => Partial<ObjectStore>;

const WRONG: readonly (readonly [string, string, Change])[] = [
  [
    'ignores the condition',
    'the store let 8 of 8 racers win',
    (store) => ({
      putIfAbsent: async (key, body) => {
        await store.putIfAbsent(key, body);
        return 'created';
      },
    }),
  ],
  [
    'overwrites what it has had for a while',
    'the store overwrote an object that it was to create only if absent',
    (store) => ({
      putIfAbsent: async (key, body) => {
        await store.delete([key]);
        return await store.putIfAbsent(key, body);
      },
    }),
  ],
  [
    'knows no conditions',
    'the store does not know If-None-Match',
    () => ({
      putIfAbsent: async () => {
        throw new StoreError('unsupported', 'not implemented');
      },
    }),
  ],
  [
    'lists later than it stores',
    'the store does not list what it has just stored',
    () => ({ list: async () => [] }),
  ],
  [
    'lists in no order',
    'the store does not list keys in order',
    (store) => ({ list: async (...given) => (await store.list(...given)).toReversed() }),
  ],
  [
    'lists from the beginning always',
    'the store does not list from a key on',
    (store) => ({ list: (prefix) => store.list(prefix) }),
  ],
];

describe('a probe refuses a store that', () => {
  it.each(WRONG)('%s', async (_, message, change) => {
    const store = createMemoryStore();
    const wrong = { ...store, ...change(store) };
    const code = 'ERR_LOG_UNSUPPORTED_STORE';
    await expect(probeStore(wrong)).rejects.toMatchObject({ code, message });
    expect(await store.list('')).toEqual([]);
  });
});

it('a probe of a store that is right takes 25 requests at most, and leaves nothing', async () => {
  const memory = createMemoryStore();
  await memory.putIfAbsent('another', Buffer.from('x'));
  const store = new CountingStore(memory);
  await probeStore(store, { prefix: 'p' });
  const counts = Object.values(store.take());
  expect(counts.reduce((sum, n) => sum + n)).toBeLessThanOrEqual(25);
  expect((await memory.list('')).map(({ key }) => key)).toEqual(['another']);
});

it('a probe does not take a store that refuses it, or does not answer, for a wrong one', async () => {
  const memory = createMemoryStore();
  const failing = (kind: 'refused' | 'unavailable'): ObjectStore => ({
    ...memory,
    putIfAbsent: async () => {
      throw new StoreError(kind, 'no');
    },
  });
  const options = { clock: fastClock(100), giveUpAfterMs: 1_000 };
  const code = 'ERR_LOG_FAILED';
  await expect(probeStore(failing('refused'), options)).rejects.toMatchObject({ code });
  await expect(probeStore(failing('unavailable'), options)).rejects.toMatchObject({ code });
  await expect(probeStore({} as ObjectStore)).rejects.toMatchObject({
    code: 'ERR_LOG_INVALID_ARGUMENT',
  });
});
