import { createMemoryStore, type ObjectStore, openS3Log, StoreError } from '@wal/s3log';
import { expect, it } from 'vitest';
import { fencedBelowSegment, fencedBelowTrim } from './sim/fenced-below-trim.ts';
import { overtakenOpener } from './sim/overtaken-opener.ts';

it('APPEND-8 a seal below the trim mark is no proof that a record was not in the log', async () => {
  expect(await fencedBelowTrim(openS3Log)).toBe('ERR_LOG_OUTCOME_UNKNOWN');
});

it('APPEND-8 nor is one in the place of a chunk that is in a segment', async () => {
  expect(await fencedBelowSegment(openS3Log)).toBe('ERR_LOG_OUTCOME_UNKNOWN');
});

it('OPEN-2 the error of a fenced writer names the epoch of the new owner', async () => {
  const store = createMemoryStore();
  const first = await openS3Log({ store });
  const second = await openS3Log({ store });
  expect([first.epoch, second.epoch]).toEqual([1, 2]);
  await expect(first.append(Buffer.from('x'))).rejects.toMatchObject({
    code: 'ERR_LOG_FENCED',
    epoch: 2,
  });
  expect(second.nextId).toBe(1);
});

it('OPEN-2 an opener that was overtaken by one that trimmed does not go by what it saw before', async () => {
  expect(await overtakenOpener(openS3Log)).toBe('nextId 5, epoch 4');
});

it('OPEN-2 an opener gets the log from a writer that never pauses', async () => {
  const store = createMemoryStore();
  const busy = await openS3Log({ store, chunkBytes: 1, maxInFlight: 8 });
  let isFenced = false;
  const appends = Array.from({ length: 8 }, async () => {
    while (!isFenced) await busy.append(Buffer.from('x')).catch(() => (isFenced = true));
  });
  const next = await openS3Log({ store });
  await Promise.all(appends);
  expect(next.nextId - 1).toBe(busy.nextId - 1);
});

/** A root version that is stored without an answer, then replaced, collected, and its number taken by a late claim. */
async function changeWithoutAnswer(change: 'trim' | 'truncate'): Promise<unknown> {
  const elsewhere = createMemoryStore();
  for (let i = 0; i < 2; i++) await (await openS3Log({ store: elsewhere })).close();
  const version1 = 'root/fffffffffffffffe';
  const late = (await elsewhere.get(version1))?.body as Uint8Array;
  const store = createMemoryStore();
  const { get, list, delete: remove } = store;
  let isFirst = true;
  const putIfAbsent: ObjectStore['putIfAbsent'] = async (key, body) => {
    const stored = await store.putIfAbsent(key, body);
    if (key !== version1 || !isFirst) return stored;
    isFirst = false;
    await (await openS3Log({ store })).close();
    await store.delete([version1]);
    await store.putIfAbsent(version1, late);
    throw new StoreError('unavailable', 'no answer');
  };
  const log = await openS3Log({ store: { putIfAbsent, get, list, delete: remove } });
  await log.append(['one', 'two', 'three'].map((text) => Buffer.from(text)));
  const failure = await log[change](1).catch((error: unknown) => error);
  await log.close();
  return failure;
}

it('TRIM-3 TRUNCATE-4 a change of which no answer came is not called refused when another has its number', async () => {
  for (const change of ['trim', 'truncate'] as const) {
    expect(await changeWithoutAnswer(change)).toMatchObject({
      code: 'ERR_LOG_FAILED',
      cause: { code: 'ERR_LOG_FENCED' },
    });
  }
});
