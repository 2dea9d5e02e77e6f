import { createMemoryStore, openS3Log } from '@wal/s3log';
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
