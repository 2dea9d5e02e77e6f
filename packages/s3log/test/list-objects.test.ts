import {
  createMemoryStore,
  listS3LogObjects,
  type ObjectStore,
  openS3Log,
  type S3Log,
} from '@wal/s3log';
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
    'live root': 2, // The newest, and the first.
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
  expect(await counts()).toMatchObject({ 'live chunk': 1, 'live seal': 1, 'live root': 2 });
  expect(await counts()).not.toHaveProperty('trimmed chunk');
});

test('chunks behind the late seal of an opener that had lost, below the trim mark, are live', async () => {
  const memory = createMemoryStore();
  let arrive = (): void => undefined;
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  let reach = (): void => undefined;
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const { get, list, delete: remove } = memory;
  const putIfAbsent: ObjectStore['putIfAbsent'] = async (key, body) => {
    if (key.startsWith('d/')) {
      reach();
      await arrived;
    }
    return await memory.putIfAbsent(key, body);
  };
  const former = await openS3Log({ store: memory, chunkBytes: 1 });
  const loser = openS3Log({ store: { putIfAbsent, get, list, delete: remove } });
  await reached; // It is about to seal the first slot.
  await append(former, 3);
  const owner = await openS3Log({ store: memory });
  expect(owner.lastId).toBe(3);
  await owner.trim(1);
  await owner.close(); // The chunk in that slot is deleted by then.
  arrive();
  await (await loser).close();
  const objects = await listS3LogObjects({ store: memory });
  const [first] = objects.filter(({ key }) => key === 'd/fffffffffffffffe/ffffffffffffffff');
  expect(first).toMatchObject({ kind: 'seal' });
  const states = (kind: string): string[] =>
    objects.filter((each) => each.kind === kind).map(({ state }) => state);
  expect(states('chunk')).toEqual(['live', 'live']);
  await former.close();
});
