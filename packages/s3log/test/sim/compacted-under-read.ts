import { createMemoryStore, type ObjectStore, type openS3Log } from '@wal/s3log';

/** Few, for logs that allow no more. */
const maxInFlight = 1;
/** More epochs than a root version remembers of those that it does not need. */
const EPOCHS = 70;

/**
 * A chunk of which a truncate has left a part is on its way to a reader. Meanwhile it is compacted, and the root forgets
 * its epoch, and so the truncate. @returns what the reader reads.
 */
export async function compactedUnderRead(open: typeof openS3Log): Promise<string> {
  const store = createMemoryStore();
  const first = await open({ store, maxInFlight });
  await first.append(['a', 'b', 'truncated'].map((text) => Buffer.from(text)));
  await first.truncate(2);
  await first.append(Buffer.from('c'));
  for (let epoch = 0; epoch < EPOCHS; epoch++) await (await open({ store, maxInFlight })).close();
  let reach = (): void => undefined;
  let release = (): void => undefined;
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let gets = 0;
  const { putIfAbsent, list, delete: remove } = store;
  const get: ObjectStore['get'] = async (key, options) => {
    const isChunk = key === 'd/fffffffffffffffe/ffffffffffffffff';
    if (isChunk && options?.range === undefined && ++gets === 1) {
      reach();
      await released;
    }
    return await store.get(key, options);
  };
  const log = await open({ store: { putIfAbsent, get, list, delete: remove }, maxInFlight });
  const read = (async () => {
    const texts: string[] = [];
    for await (const { data } of log.iterator()) texts.push(Buffer.from(data).toString());
    return texts.join();
  })();
  await reached;
  await log.compact();
  release();
  const texts = await read;
  await log.close();
  return texts;
}
