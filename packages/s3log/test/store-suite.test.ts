import { createMemoryStore, type ObjectStore } from '@wal/s3log';
import { storeConformance } from '@wal/s3log/store-suite';
import { describe, expect, it } from 'vitest';

type Change = (store: ObjectStore) => Partial<ObjectStore>;

/** Stores that break one rule each, and the test that finds it out. */
const BROKEN: readonly (readonly [string, RegExp, Change])[] = [
  [
    'overwrites',
    /^creates what is absent/,
    (store) => ({
      putIfAbsent: async (key, body) => {
        await store.delete([key]);
        return await store.putIfAbsent(key, body);
      },
    }),
  ],
  [
    'looks first, and puts then',
    /^lets one of many racers win/,
    (store) => ({
      putIfAbsent: async (key, body) => {
        if ((await store.get(key)) !== undefined) return 'exists';
        await store.putIfAbsent(key, body);
        return 'created';
      },
    }),
  ],
  [
    'says that it created what another did',
    /^lets one of many racers win/,
    (store) => ({
      putIfAbsent: async (key, body) => {
        await store.putIfAbsent(key, body);
        return 'created';
      },
    }),
  ],
  ['keeps what it was given', /^keeps no reference/, () => keepingStore()],
  [
    'refuses an empty body',
    /^stores bodies of any size/,
    (store) => ({
      putIfAbsent: async (key, body) => {
        if (body.length === 0) throw new Error('empty');
        return await store.putIfAbsent(key, body);
      },
    }),
  ],
  ['ignores the range', /^gives a part/, (store) => ({ get: (key) => store.get(key) })],
  [
    'takes the size of the part for that of the whole',
    /^gives a part/,
    (store) => ({
      get: async (key, options) => {
        const got = await store.get(key, options);
        return got && { body: got.body, size: got.body.length };
      },
    }),
  ],
  [
    'gives nothing for what is absent, instead of saying so',
    /^knows what is not there/,
    (store) => ({
      get: async (...given) => (await store.get(...given)) ?? { body: new Uint8Array(0), size: 0 },
    }),
  ],
  ['lists what was there a moment ago', /^shows at once/, (store) => laggingList(store)],
  [
    'lists in no order',
    /^lists in key order/,
    (store) => ({ list: async (...given) => (await store.list(...given)).toReversed() }),
  ],
  [
    'begins a listing with the key that it is to come after',
    /^lists in key order/,
    (store) => ({
      list: async (prefix, { startAfter, limit = 1_000 } = {}) => {
        const all = await store.list(prefix);
        return all.filter(({ key }) => key >= (startAfter ?? '')).slice(0, limit);
      },
    }),
  ],
  [
    'ignores the limit',
    /^lists in key order/,
    (store) => ({
      list: (prefix, options) => store.list(prefix, { ...options, limit: undefined }),
    }),
  ],
  [
    'does not know when',
    /^lists size and time/,
    (store) => ({
      list: async (...given) =>
        (await store.list(...given)).map((entry) => ({ ...entry, modifiedAtMs: 0 })),
    }),
  ],
  [
    'lists more than a page',
    /^lists 1,000 objects at most/,
    (store) => ({
      list: (prefix, { startAfter, limit = 2_000 } = {}) =>
        store.list(prefix, { startAfter, limit }),
    }),
  ],
  [
    'orders keys as JavaScript does',
    /^takes odd keys/,
    (store) => ({
      list: async (prefix, options) => {
        const all = await store.list(prefix, options);
        return all.toSorted((a, b) => (a.key < b.key ? -1 : 1));
      },
    }),
  ],
  [
    'deletes the first 20 keys only',
    /^deletes 1,000 keys/,
    (store) => ({ delete: (keys) => store.delete(keys.slice(0, 20)) }),
  ],
  [
    'says that what is absent cannot be deleted',
    /^deletes 1,000 keys/,
    (store) => ({
      delete: async (keys) => {
        for (const key of keys) {
          if ((await store.get(key)) === undefined) throw new Error(`no ${key}`);
        }
        await store.delete(keys);
      },
    }),
  ],
  [
    'remembers what was deleted',
    /^deletes 1,000 keys/,
    (store) => {
      const known = new Set<string>();
      return {
        putIfAbsent: async (key, body) => {
          if (known.has(key)) return 'exists';
          known.add(key);
          return await store.putIfAbsent(key, body);
        },
      };
    },
  ],
];

/** A store in memory that copies nothing. */
function keepingStore(): Partial<ObjectStore> {
  const bodies = new Map<string, Uint8Array>();
  return {
    putIfAbsent: async (key, body) => {
      if (bodies.has(key)) return 'exists';
      bodies.set(key, body);
      return 'created';
    },
    get: async (key) => {
      const body = bodies.get(key);
      return body && { body, size: body.length };
    },
  };
}

/** Each listing shows what the one before should have. */
function laggingList(store: ObjectStore): Partial<ObjectStore> {
  let before: Awaited<ReturnType<ObjectStore['list']>> = [];
  return {
    list: async (...given) => {
      const shown = before;
      before = await store.list(...given);
      return shown;
    },
  };
}

/** The titles of the tests of the suite that a store fails. */
async function failedBy(store: ObjectStore): Promise<string[]> {
  const tests: (readonly [string, () => Promise<void>])[] = [];
  const runner = {
    describe: (_: string, body: () => void) => body(),
    test: (title: string, body: () => Promise<void>) => void tests.push([title, body]),
  };
  storeConformance(runner, { name: 'broken', open: () => store });
  const failed: string[] = [];
  for (const [title, body] of tests) {
    await body().catch(() => failed.push(title));
  }
  return failed;
}

describe('of stores, the suite convicts one that', () => {
  it.each(BROKEN)('%s', async (_, title, change) => {
    const store = createMemoryStore();
    expect(await failedBy({ ...store, ...change(store) })).toContainEqual(
      expect.stringMatching(title),
    );
  });

  it('and lets pass one that keeps them all, in which it leaves nothing', async () => {
    const store = createMemoryStore();
    await store.putIfAbsent('another', Buffer.from('x'));
    expect(await failedBy(store)).toEqual([]);
    expect((await store.list('')).map(({ key }) => key)).toEqual(['another']);
  });
});
