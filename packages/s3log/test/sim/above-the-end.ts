import { isLogError } from '@wal/core';
import { createMemoryStore, type ObjectStore, type openS3Log, StoreError } from '@wal/s3log';

type Put = ObjectStore['putIfAbsent'];

/** Few, for logs that allow no more; and a record a chunk. */
const small = { maxInFlight: 4, chunkBytes: 1 };

/** A store whose puts of chunks and seals go another way. */
function withDataPuts(store: ObjectStore, putData: Put): ObjectStore {
  const { get, list, delete: remove } = store;
  const putIfAbsent: Put = (key, body) =>
    key.startsWith('d/') ? putData(key, body) : store.putIfAbsent(key, body);
  return { putIfAbsent, get, list, delete: remove };
}

/**
 * The third chunk of a writer never arrives, and the fourth does: it is no part of the log once the third slot is
 * sealed. @returns what the next owner twice reads as its fourth record, after it has met the stray chunk in a search.
 */
export async function strayChunk(open: typeof openS3Log): Promise<string> {
  const store = createMemoryStore();
  await leaveStray(open, store);
  const log = await open({ ...small, store });
  // To find the second record the owner looks where the stray chunk is.
  for (const id of [1, 2]) await log.get(id);
  await log.append(['three', 'four', 'five'].map((text) => Buffer.from(text)));
  const found: string[] = [];
  // The index forgets after a few chunks where it is small, and after thousands.
  for (const appends of [1, 9_000]) {
    for (let i = 0; i < appends; i++) await log.append(Buffer.from('more'));
    found.push(Buffer.from((await log.get(4)).data).toString());
  }
  await log.close();
  return found.join();
}

/**
 * A reader does not know of a trim yet, by which the chunks of the newest epoch are deleted, and those of the one
 * before are not so far: a stray one among them. @returns what it reads as its fourth record, or the error's code.
 */
export async function staleReader(open: typeof openS3Log): Promise<string> {
  const store = createMemoryStore();
  await leaveStray(open, store);
  const { putIfAbsent, get, list } = store;
  const oldest = 'd/fffffffffffffffe/';
  const slow: ObjectStore = {
    putIfAbsent,
    get,
    list,
    delete: (keys) => store.delete(keys.filter((key) => !key.startsWith(oldest))),
  };
  const log = await open({ ...small, store: slow });
  for (const text of ['three', 'four', 'five']) await log.append(Buffer.from(text));
  const reader = await open({ ...small, store, readOnly: true });
  await log.trim(4);
  await log.close();
  try {
    return Buffer.from((await reader.get(4)).data).toString();
  } catch (error) {
    return isLogError(error) ? error.code : String(error);
  } finally {
    await reader.close();
  }
}

/**
 * The same, and an opener that was outrun has tried to seal the newest epoch when nothing was in it: its put arrives when
 * the chunk in that slot is deleted. @returns what the reader reads as its fourth record, or the error's code.
 */
export async function sealBelowTrim(open: typeof openS3Log): Promise<string> {
  const store = createMemoryStore();
  await leaveStray(open, store);
  const writer = await open({ ...small, store });
  let land = (): void => undefined;
  const later = new Promise<void>((resolve) => {
    land = resolve;
  });
  const sealed = new Promise<void>((resolve) => {
    const stalled = withDataPuts(store, async (key, body) => {
      resolve();
      await later;
      return await store.putIfAbsent(key, body);
    });
    void open({ ...small, store: stalled }).catch(() => undefined);
  });
  await sealed;
  for (const text of ['three', 'four', 'five']) await writer.append(Buffer.from(text));
  const reader = await open({ ...small, store, readOnly: true });
  const { putIfAbsent, get, list } = store;
  const remove: ObjectStore['delete'] = (keys) =>
    store.delete(keys.filter((key) => !key.startsWith('d/fffffffffffffffe/')));
  const owner = await open({ ...small, store: { putIfAbsent, get, list, delete: remove } });
  await owner.trim(4);
  await owner.close();
  land();
  await new Promise((resolve) => setImmediate(resolve));
  try {
    return Buffer.from((await reader.get(4)).data).toString();
  } catch (error) {
    return isLogError(error) ? error.code : String(error);
  } finally {
    await Promise.all([reader.close(), writer.close()]);
  }
}

/** Two records, and a stray chunk that would be the fourth. */
async function leaveStray(open: typeof openS3Log, store: ObjectStore): Promise<void> {
  let chunks = 0;
  const gappy = withDataPuts(store, (key, body) =>
    ++chunks === 3 ? new Promise(() => undefined) : store.putIfAbsent(key, body),
  );
  const former = await open({ ...small, store: gappy });
  for (const text of ['one', 'two']) await former.append(Buffer.from(text));
  for (const text of ['lost', 'stray'])
    void former.append(Buffer.from(text)).catch(() => undefined);
  while (chunks < 4) await new Promise((resolve) => setTimeout(resolve, 1));
}

/**
 * A writer is quicker than an opener by one chunk, and of the two seals that are tried next only the upper one
 * arrives. Then it is quicker than the next opener. @returns what that finds.
 */
export async function sealLeftAbove(open: typeof openS3Log): Promise<string> {
  const store = createMemoryStore();
  const busy = await open({ ...small, store });
  for (let i = 0; i < 3; i++) await busy.append(Buffer.from('x'));
  let puts = 0;
  const dying = withDataPuts(store, async (key, body) => {
    const put = ++puts;
    if (put === 1) await busy.append(Buffer.from('quicker'));
    if (put === 2) throw new StoreError('refused', 'the process is gone');
    return await store.putIfAbsent(key, body);
  });
  const failure = await open({ ...small, store: dying }).catch((error: unknown) => error);
  if (!isLogError(failure, 'ERR_LOG_FAILED')) throw new Error('the first opener did not fail');
  let isFirst = true;
  const raced = withDataPuts(store, async (key, body) => {
    if (isFirst) {
      isFirst = false;
      await busy.append(Buffer.from('quicker again'));
    }
    return await store.putIfAbsent(key, body);
  });
  try {
    const log = await open({ ...small, store: raced });
    await log.close();
    return `nextId ${log.nextId}`;
  } catch (error) {
    return isLogError(error) ? error.code : String(error);
  } finally {
    await busy.close();
  }
}
