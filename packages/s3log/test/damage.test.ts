import { crc32, isLogError } from '@wal/core';
import { createMemoryStore, type ObjectStore, openS3Log, type S3Log } from '@wal/s3log';
import { beforeAll, describe, expect, it } from 'vitest';

/** A store in which one object is another than was stored. */
function damaged(store: ObjectStore, key: string, body: Uint8Array): ObjectStore {
  return {
    ...store,
    get: async (asked, options) => {
      if (asked !== key) return await store.get(asked, options);
      const { offset, length } = options?.range ?? { offset: 0, length: body.length };
      return { body: body.slice(offset, offset + length), size: body.length };
    },
    list: async (prefix, options) => {
      const entries = await store.list(prefix, options);
      return entries.map((e) => (e.key === key ? { ...e, size: body.length } : e));
    },
  };
}

const CODES = ['ERR_LOG_CORRUPT', 'ERR_LOG_UNSUPPORTED_FORMAT'] as const;

let store: ObjectStore;
let objects: { readonly key: string; readonly body: Uint8Array }[];
let content: string;

async function contentOf(log: S3Log): Promise<string> {
  const records: string[] = [`${log.nextId} ${Buffer.from(log.metadata).toString()}`];
  for await (const { id, data } of log.iterator()) records.push(`${id} ${Buffer.from(data)}`);
  return records.join('\n');
}

async function read(from: ObjectStore): Promise<string> {
  const log = await openS3Log({ store: from, readOnly: true });
  try {
    return await contentOf(log);
  } finally {
    await log.close();
  }
}

/** A log that was truncated and trimmed, with most of it in segments, or nothing. */
async function build(isCompacted: boolean): Promise<void> {
  store = createMemoryStore();
  const metadata = Buffer.from('what it is for');
  const options = { store, chunkBytes: 1, metadata, segmentBytes: 500, compactionGraceMs: 0 };
  const first = await openS3Log(options);
  for (let i = 1; i <= 6; i++) await first.append([Buffer.from(`a${i}`), Buffer.from(`b${i}`)]);
  await first.truncate(9);
  await first.append(Buffer.from('again'));
  const second = await openS3Log(options);
  await second.append(Buffer.from('of the second'));
  await second.trim(3);
  if (isCompacted) await second.compact();
  await second.append(Buffer.from('last'));
  if (isCompacted) await second.collect();
  await second.close();
  await first.close();
  content = await read(store);
  const entries = await store.list('');
  objects = await Promise.all(
    entries.map(async ({ key }) => ({ key, body: (await store.get(key))?.body ?? Buffer.of() })),
  );
}

/** How many of these changes were found. What is not found must have changed nothing. */
async function found(changes: Iterable<{ key: string; body: Uint8Array }>): Promise<number> {
  let count = 0;
  for (const { key, body } of changes) {
    try {
      expect(await read(damaged(store, key, body)), key).toBe(content);
    } catch (error) {
      if (!CODES.some((code) => isLogError(error, code))) throw error;
      count++;
    }
  }
  return count;
}

describe.each([
  ['in chunks', false],
  ['in segments', true],
])('OPEN-4 damage of a log %s gives an error, or what was stored', (_, isCompacted) => {
  beforeAll(() => build(isCompacted));

  it('a flipped bit in any byte', async () => {
    function* flips() {
      for (const { key, body } of objects) {
        for (let at = 0; at < body.length; at++) {
          const changed = body.slice();
          changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
          yield { key, body: changed };
        }
      }
    }
    expect(await found(flips())).toBeGreaterThan(1_000);
  });

  it('an object cut to any length', async () => {
    function* cuts() {
      for (const { key, body } of objects) {
        for (let end = 0; end < body.length; end++) yield { key, body: body.slice(0, end) };
      }
    }
    expect(await found(cuts())).toBeGreaterThan(1_000);
  });

  it('an object in the place of another', async () => {
    function* swaps() {
      for (const { key } of objects) for (const { body } of objects) yield { key, body };
    }
    expect(await found(swaps())).toBeGreaterThan(20);
  });

  it('a chunk or segment that is missing amid the log', async () => {
    const chunks = objects.filter(
      ({ key, body }) => key.startsWith('s/') || (key.startsWith('d/') && body.length % 2 === 0),
    );
    let missing = 0;
    for (const { key } of chunks) {
      const without = {
        ...store,
        get: async (k: string, o?: object) => (k === key ? undefined : await store.get(k, o)),
      };
      const result = await read(without).catch((error: unknown) => error);
      if (result === content) continue; // Trimmed or truncated.
      expect(isLogError(result, 'ERR_LOG_CORRUPT'), key).toBe(true);
      missing++;
    }
    expect(missing).toBeGreaterThan(isCompacted ? 1 : 4);
  });
});

it('OPEN-4 a chunk of another history, whole and in its place, is found by what it says of the chunk before', async () => {
  const memory = createMemoryStore();
  const log = await openS3Log({ store: memory, chunkBytes: 1 });
  for (let i = 1; i <= 3; i++) await log.append(Buffer.from(`record ${i}`));
  await log.close();
  const [, second = ''] = (await memory.list('d/')).map(({ key }) => key);
  const body = Buffer.from((await memory.get(second))?.body ?? []);
  body.writeUInt8(body.readUInt8(80) ^ 1, 80); // Of the hash of the chunk before.
  body.writeUInt32LE(crc32(body.subarray(0, 124)), 124);
  await expect(read(damaged(memory, second, body))).rejects.toMatchObject({
    code: 'ERR_LOG_CORRUPT',
    segment: second,
    firstAffectedId: 2,
    message: expect.stringContaining('does not go on from the chunk before'),
  });
});
