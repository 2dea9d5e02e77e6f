import { createMemoryStore, type ObjectStore, openS3Log } from '@wal/s3log';
import { expect, it } from 'vitest';
import { sealBelowTrim, sealLeftAbove, staleReader, strayChunk } from './sim/above-the-end.ts';
import { fastClock } from './support/fast-clock.ts';

it('READ-1 a chunk that landed above its seal is never found, however much the index has forgotten', async () => {
  expect(await strayChunk(openS3Log)).toBe('four,four');
});

it('READ-1 nor by a reader that does not know yet what was trimmed', async () => {
  expect(await staleReader(openS3Log)).toBe('ERR_LOG_TRIMMED');
});

it('READ-1 nor by one that meets a seal where a chunk was that is trimmed', async () => {
  expect(await sealBelowTrim(openS3Log)).toBe('ERR_LOG_TRIMMED');
});

it('OPEN-4 an opener that lost its race for the end leaves no seal that looks like damage', async () => {
  expect(await sealLeftAbove(openS3Log)).toBe('nextId 6');
});

it('READ-2 a reader finds what a truncate has left, while the epoch that it ended is not sealed', async () => {
  const store = createMemoryStore();
  const clock = fastClock(1_000);
  const former = await openS3Log({ store, chunkBytes: 1 });
  for (const text of ['one', 'two', 'three', 'four']) await former.append(Buffer.from(text));
  await former.close();
  const { get, list, delete: remove } = store;
  const putIfAbsent: ObjectStore['putIfAbsent'] = (key, body) =>
    key === 'd/fffffffffffffffd/ffffffffffffffff'
      ? new Promise(() => undefined)
      : store.putIfAbsent(key, body);
  const owner = await openS3Log({ store: { putIfAbsent, get, list, delete: remove } });
  const reader = await openS3Log({ store, clock, readOnly: true });
  void owner.truncate(3).catch(() => undefined);
  while ((await store.list('root/', { limit: 1 }))[0]?.key !== 'root/fffffffffffffffd')
    await new Promise((resolve) => setImmediate(resolve));
  await clock.sleep(11_000);
  // This one looks for news.
  await expect(reader.get(9)).rejects.toMatchObject({ code: 'ERR_LOG_NOT_FOUND', nextId: 4 });
  expect(Buffer.from((await reader.get(2)).data).toString()).toBe('two');
  await reader.close();
});
