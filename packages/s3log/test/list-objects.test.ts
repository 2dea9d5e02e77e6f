import { createMemoryStore, listS3LogObjects, openS3Log, type S3Log } from '@wal/s3log';
import { expect, test } from 'vitest';

const store = createMemoryStore();
const options = { store, prefix: 'log', chunkBytes: 1, compactAfterChunks: 0 };

async function append(log: S3Log, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await log.append(Buffer.from('record'));
}

/** How many objects there are of each kind and state. */
async function counts(): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const { kind, state } of await listS3LogObjects(options)) {
    const name = `${state} ${kind}`;
    found[name] = (found[name] ?? 0) + 1;
  }
  return found;
}

test('listS3LogObjects tells what each object is to the log', async () => {
  await expect(listS3LogObjects(options)).rejects.toMatchObject({ code: 'ERR_LOG_READ_ONLY' });
  const log = await openS3Log(options);
  await append(log, 10);
  expect(await counts()).toMatchObject({ 'live chunk': 10, 'live root': 1 });
  await log.truncate(7);
  expect(await counts()).toMatchObject({
    'live chunk': 7,
    'superseded chunk': 3,
    'live seal': 1,
    'live root': 1,
  });
  await append(log, 2);
  expect(await counts()).toMatchObject({ 'live chunk': 9, 'superseded chunk': 3 });
  expect(await log.compact()).toBe(1);
  const compacted = await listS3LogObjects(options);
  const [segment] = compacted.filter(({ kind }) => kind === 'segment');
  expect(segment).toMatchObject({ state: 'live', firstId: 1 });
  const live = compacted.filter(({ kind, state }) => kind === 'chunk' && state === 'live');
  expect(live).toHaveLength(9 - (segment?.lastId ?? 0));
  await append(log, 3);
  await store.putIfAbsent('log/notes', Buffer.from('of somebody'));
  await store.putIfAbsent('logs/other', Buffer.from('not of this log'));
  expect(await counts()).toMatchObject({ 'superseded other': 1 });
  await log.trim(11);
  const trimmed = await counts();
  expect(trimmed['live chunk']).toBe(1);
  expect(trimmed).not.toHaveProperty('live segment');
  await log.close(); // What is trimmed is deleted by then.
  expect(await counts()).toMatchObject({ 'live chunk': 1, 'live seal': 1, 'live root': 1 });
  expect(await counts()).not.toHaveProperty('trimmed chunk');
});
