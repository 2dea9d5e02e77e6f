import { createMemoryStore, type ObjectStore, openS3Log, StoreError } from '@wal/s3log';
import { describe, expect, test } from 'vitest';
import { appendOnce } from '../in-a-bucket/append-once.ts';
import { whatIsWrongWith } from '../in-a-bucket/probe.ts';

describe('appendOnce', () => {
  /** A client whose puts of chunks are answered no more, and are done, or not. */
  function failing(store: ObjectStore): { store: ObjectStore; fail(puts: 'done' | 'lost'): void } {
    let mode: 'done' | 'lost' | undefined;
    const putIfAbsent: ObjectStore['putIfAbsent'] = async (key, body) => {
      const isChunk = key.startsWith('d/') && body.length % 2 === 0;
      if (!isChunk || mode === undefined) return await store.putIfAbsent(key, body);
      if (mode === 'done') await store.putIfAbsent(key, body);
      throw new StoreError('unavailable', 'the connection was reset');
    };
    const fail = (puts: 'done' | 'lost'): void => {
      mode = puts;
    };
    return { store: { ...store, putIfAbsent }, fail };
  }

  test.each(['done', 'lost'] as const)(
    'a put without an answer, %s: it is in the log once',
    async (mode) => {
      const store = createMemoryStore();
      const client = failing(store);
      const log = await openS3Log({ store: client.store, giveUpAfterMs: 100 });
      await log.append(Buffer.from('before'));
      client.fail(mode);
      const again = await appendOnce(log, Buffer.from('x'), () => openS3Log({ store }));
      const texts: string[] = [];
      for await (const { data } of again.iterator()) texts.push(Buffer.from(data).toString());
      expect(texts).toEqual(['before', 'x']);
      await again.close();
    },
  );

  test('a log that another has taken over is left to it', async () => {
    const store = createMemoryStore();
    const log = await openS3Log({ store });
    const next = await openS3Log({ store });
    const appended = appendOnce(log, Buffer.from('x'), () => openS3Log({ store }));
    await expect(appended).rejects.toMatchObject({ code: 'ERR_LOG_FENCED' });
    await next.append(Buffer.from('goes on'));
    await Promise.all([log.close(), next.close()]);
  });

  test("another's record in its place is not taken for its own", async () => {
    const store = createMemoryStore();
    const client = failing(store);
    const log = await openS3Log({ store: client.store, giveUpAfterMs: 100 });
    client.fail('lost');
    const reopen = async () => {
      const other = await openS3Log({ store });
      await other.append(Buffer.from("another's"));
      return await openS3Log({ store });
    };
    const appended = appendOnce(log, Buffer.from('x'), reopen);
    await expect(appended).rejects.toMatchObject({ code: 'ERR_LOG_NON_SEQUENTIAL', expectedId: 2 });
  });
});

test('whatIsWrongWith', async () => {
  const store = createMemoryStore();
  expect(await whatIsWrongWith(store)).toBeUndefined();
  const unordered = { ...store, list: async () => [] };
  expect(await whatIsWrongWith(unordered)).toBe('the store does not list what it has just stored');
});
