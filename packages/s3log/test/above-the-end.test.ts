import { createMemoryStore, type ObjectStore, openS3Log, StoreError } from '@wal/s3log';
import { expect, it } from 'vitest';

type Put = ObjectStore['putIfAbsent'];

/** A store whose puts of chunks and seals go another way. */
function withDataPuts(store: ObjectStore, putData: Put): ObjectStore {
  const { get, list, delete: remove } = store;
  const putIfAbsent: Put = (key, body) =>
    key.startsWith('d/') ? putData(key, body) : store.putIfAbsent(key, body);
  return { putIfAbsent, get, list, delete: remove };
}

const chunkBytes = 1;

it('READ-1 a chunk that landed above its seal is never found, however much the index has forgotten', async () => {
  const store = createMemoryStore();
  let chunks = 0;
  // The third chunk never arrives, and the fourth does: it is no part of the log once the third slot is sealed.
  const gappy = withDataPuts(store, (key, body) =>
    ++chunks === 3 ? new Promise(() => undefined) : store.putIfAbsent(key, body),
  );
  const former = await openS3Log({ store: gappy, chunkBytes });
  await former.append(Buffer.from('one'));
  await former.append(Buffer.from('two'));
  for (const text of ['lost', 'stray'])
    void former.append(Buffer.from(text)).catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const log = await openS3Log({ store, chunkBytes });
  expect([log.nextId, chunks]).toEqual([3, 4]);
  // To find the second record the owner looks where the stray chunk is.
  await log.get(1);
  await log.get(2);
  await log.append(['three', 'four', 'five'].map((text) => Buffer.from(text)));
  for (let i = 0; i < 10; i++) {
    await Promise.all(Array.from({ length: 1_000 }, () => log.append(Buffer.from('more'))));
  }
  expect(Buffer.from((await log.get(4)).data).toString()).toBe('four');
  await log.close();
});

it('OPEN-4 an opener that lost its race for the end leaves no seal that looks like damage', async () => {
  const store = createMemoryStore();
  const busy = await openS3Log({ store, chunkBytes });
  for (let i = 0; i < 3; i++) await busy.append(Buffer.from('x'));
  let puts = 0;
  // The writer is quicker by one chunk; of the two seals that are tried next only the upper one arrives.
  const dying = withDataPuts(store, async (key, body) => {
    const put = ++puts;
    if (put === 1) await busy.append(Buffer.from('quicker'));
    if (put === 2) throw new StoreError('refused', 'the process is gone');
    return await store.putIfAbsent(key, body);
  });
  await expect(openS3Log({ store: dying })).rejects.toMatchObject({ code: 'ERR_LOG_FAILED' });
  expect(puts).toBe(3);
  let isFirst = true;
  const raced = withDataPuts(store, async (key, body) => {
    if (isFirst) {
      isFirst = false;
      await busy.append(Buffer.from('quicker again'));
    }
    return await store.putIfAbsent(key, body);
  });
  const log = await openS3Log({ store: raced });
  expect(log.nextId).toBe(6);
  await expect(busy.append(Buffer.from('late'))).rejects.toMatchObject({ code: 'ERR_LOG_FENCED' });
  await Promise.all([log.close(), busy.close()]);
});
