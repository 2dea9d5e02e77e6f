import { LogError } from '@wal/core';
import { type ObjectStore, openS3Log, type S3Log } from '@wal/s3log';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startS3 } from './support/s3-bucket.ts';

const PREFIX = 'orders/';
/** Of a log as `makeLog` leaves it. */
const WHOLE = { ids: [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], error: undefined };

let s3: Awaited<ReturnType<typeof startS3>>;
let store: ObjectStore;
let copy: Map<string, Uint8Array>;

beforeEach(async () => {
  s3 = await startS3();
  store = s3.store;
  await makeLog();
  copy = new Map();
  for (const { key } of await store.list(PREFIX)) {
    const object = await store.get(key);
    if (object !== undefined) copy.set(key, object.body);
  }
});

afterEach(() => s3.stop());

const open = (options = {}): Promise<S3Log> =>
  openS3Log({ store, prefix: PREFIX, chunkBytes: 1, compactAfterChunks: 0, ...options });

async function append(log: S3Log, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await log.append(Buffer.from(`record ${log.nextId}`));
}

/** Of three owners, with a segment, a truncate and a trim. */
async function makeLog(): Promise<void> {
  const first = await open();
  await append(first, 3);
  await first.compact();
  await append(first, 3);
  await first.close();
  const second = await open();
  await append(second, 3);
  await second.truncate(8);
  await append(second, 2);
  await second.trim(1);
  await second.close();
  const third = await open();
  await append(third, 2);
  await third.close();
}

/** The ids that can be read, and the error that ended it. */
async function found(options = {}): Promise<{ ids: number[]; error: LogError | undefined }> {
  const ids: number[] = [];
  let log: S3Log | undefined;
  try {
    log = await open({ readOnly: true, ...options });
    for await (const { id } of log.iterator()) ids.push(id);
    return { ids, error: undefined };
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    return { ids, error };
  } finally {
    await log?.close();
  }
}

async function keysOf(folder: string): Promise<string[]> {
  return (await store.list(PREFIX + folder)).map(({ key }) => key);
}

/** The same bytes, under the same key. */
async function putBack(key: string): Promise<'created' | 'exists'> {
  return await store.putIfAbsent(key, copy.get(key) as Uint8Array);
}

const epoch = (n: number): string => `d/${(2n ** 64n - 1n - BigInt(n)).toString(16)}/`;
const place = (e: number, slot: number): string =>
  `${PREFIX}${epoch(e)}${(2n ** 64n - 1n - BigInt(slot)).toString(16)}`;

describe('an object that was deleted, and that is put back', () => {
  // In epoch 1 the chunks of records 1 to 3 are in a segment; epoch 2 was truncated to record 8.
  const needed: [string, () => string | Promise<string>, number[]][] = [
    ['a chunk', () => place(2, 0), [2, 3, 4, 5, 6]],
    ['a chunk after a truncate', () => place(3, 1), [2, 3, 4, 5, 6, 7, 8, 9]],
    ['a seal', () => place(1, 6), [2, 3, 4, 5, 6]],
    ['a segment', async () => (await keysOf('s/'))[0] ?? '', []],
  ];
  it.each(needed)(
    '%s: the log says which is missing, and is whole again',
    async (_, of, before) => {
      const key = await of();
      expect(copy.has(key)).toBe(true);
      await store.delete([key]);
      const { ids, error } = await found();
      expect(ids).toEqual(before);
      expect(error).toMatchObject({ code: 'ERR_LOG_CORRUPT', segment: key });
      expect(error?.message).toContain('is missing');
      // Whoever opens the log for writing meanwhile does it no harm.
      await (await open()).close();
      expect(await putBack(key)).toBe('created');
      expect(await found()).toEqual(WHOLE);
    },
  );

  it('the newest root version: nobody opens the log or changes anything until it is back', async () => {
    const [newest = ''] = await keysOf('root/');
    await store.delete([newest]);
    const { keys } = s3.server;
    for (const readOnly of [true, false, true, false]) {
      const { ids, error } = await found({ readOnly });
      expect(ids).toEqual([]);
      expect(error).toMatchObject({
        code: 'ERR_LOG_CORRUPT',
        segment: `${PREFIX}root/`,
        message: expect.stringContaining('lost its newest version'),
      });
    }
    expect(s3.server.keys).toEqual(keys);
    expect(await putBack(newest)).toBe('created');
    expect(await found()).toEqual(WHOLE);
    expect(await found({ readOnly: false })).toEqual(WHOLE);
  });

  it('the newest root version where no data tells that it was there: the state before counts until it is back', async () => {
    const log = await open();
    await log.trim(9);
    await log.close();
    const [newest = ''] = await keysOf('root/');
    const { body } = (await store.get(newest)) ?? { body: new Uint8Array(0) };
    await store.delete([newest]);
    // What the trim has deleted is missing.
    expect(await found()).toMatchObject({ ids: [], error: { code: 'ERR_LOG_CORRUPT' } });
    expect(await store.putIfAbsent(newest, body)).toBe('created');
    expect((await found()).ids).toEqual([10, 11, 12]);
  });

  it('all root versions: likewise', async () => {
    const roots = await keysOf('root/');
    await store.delete(roots);
    expect((await found({ readOnly: false })).error).toMatchObject({ code: 'ERR_LOG_CORRUPT' });
    expect((await found()).error).toMatchObject({ code: 'ERR_LOG_READ_ONLY' });
    expect(await putBack(roots[0] ?? '')).toBe('created'); // The newest is enough.
    expect(await found({ readOnly: false })).toEqual(WHOLE);
  });

  it('all root versions of a log that is all in a segment: likewise', async () => {
    const prefix = 'compacted/';
    const log = await open({ prefix, compactionGraceMs: 0 });
    await append(log, 3);
    await log.compact();
    await log.close();
    expect(await store.list(`${prefix}d/`)).toEqual([]);
    const roots = await store.list(`${prefix}root/`);
    const [newest] = roots;
    const object = await store.get(newest?.key ?? '');
    await store.delete(roots.map(({ key }) => key));
    const { keys } = s3.server;
    expect((await found({ prefix, readOnly: false })).error).toMatchObject({
      code: 'ERR_LOG_CORRUPT',
      message: expect.stringContaining('the root versions were deleted'),
    });
    expect(s3.server.keys).toEqual(keys);
    await store.putIfAbsent(newest?.key ?? '', object?.body ?? new Uint8Array(0));
    expect(await found({ prefix, readOnly: false })).toEqual({ ids: [1, 2, 3], error: undefined });
  });

  it('the last chunk: the log ends before it without a word, and is whole again', async () => {
    const last = place(4, 1);
    await store.delete([last]);
    expect(await found()).toEqual({ ids: WHOLE.ids.slice(0, -1), error: undefined });
    expect(await putBack(last)).toBe('created');
    expect(await found()).toEqual(WHOLE);
  });
});

describe('what cannot be brought back', () => {
  it('the last chunk, once the log was opened for writing: a seal is in its place', async () => {
    const last = place(4, 1);
    await store.delete([last]);
    await (await open()).close();
    expect(await putBack(last)).toBe('exists');
    expect(await found()).toEqual({ ids: WHOLE.ids.slice(0, -1), error: undefined });
  });

  it('a hole within the newest 256 chunks ends the log, as that of a put that never arrived', async () => {
    await store.delete([place(4, 0)]);
    expect(await found()).toEqual({ ids: WHOLE.ids.slice(0, -2), error: undefined });
  });

  it('a log whose chunks were all deleted, if only one owner has written to it: it opens, and is empty', async () => {
    const log = await open({ prefix: 'another' });
    await append(log, 3);
    await log.close();
    const chunks = (await store.list('another/d/')).map(({ key }) => key);
    const bodies = await Promise.all(chunks.map(async (key) => (await store.get(key))?.body));
    const putAllBack = () =>
      Promise.all(chunks.map((key, i) => store.putIfAbsent(key, bodies[i] as Uint8Array)));
    await store.delete(chunks);
    const empty = { ids: [], error: undefined };
    expect(await found({ prefix: 'another' })).toEqual(empty);
    expect(await putAllBack()).toEqual(['created', 'created', 'created']);
    expect((await found({ prefix: 'another' })).ids).toEqual([1, 2, 3]);
    await store.delete(chunks);
    expect(await found({ prefix: 'another', readOnly: false })).toEqual(empty);
    expect(await putAllBack()).toEqual(['created', 'created', 'exists']); // There the seal is.
    expect(await found({ prefix: 'another' })).toEqual(empty);
  });
});

it('what is not needed any more may be gone: old root versions, and chunks that are in a segment or truncated', async () => {
  const old = (await keysOf('root/')).slice(1);
  const compacted = [0, 1, 2].map((slot) => place(1, slot));
  const truncated = [place(2, 2)];
  for (const key of [...old, ...compacted, ...truncated]) expect(copy.has(key)).toBe(true);
  await store.delete([...old, ...compacted, ...truncated]);
  expect(await found()).toEqual(WHOLE);
  expect(await found({ readOnly: false })).toEqual(WHOLE);
});

it('a log that is copied, object by object, is the same log', async () => {
  const log = await startS3();
  for (const [key, body] of copy) await log.store.putIfAbsent(key, body);
  expect(await found({ store: log.store })).toEqual(WHOLE);
  await log.stop();
});

it('OPEN-4 a log that is begun among the objects of another: that one says so, and is whole once they are gone', async () => {
  const inner = `${PREFIX}d/inner/`;
  await (await open({ prefix: inner })).close();
  for (const readOnly of [true, false]) {
    const { error } = await found({ readOnly });
    expect(error).toMatchObject({
      code: 'ERR_LOG_CORRUPT',
      segment: expect.stringContaining(inner),
      message: expect.stringContaining('is no key of a chunk or seal'),
    });
  }
  await store.delete((await store.list(inner)).map(({ key }) => key));
  expect(await found({ readOnly: false })).toEqual(WHOLE);
});
