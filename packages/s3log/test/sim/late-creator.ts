import { isLogError } from '@wal/core';
import { createMemoryStore, type ObjectStore, type openS3Log } from '@wal/s3log';
import { fastClock } from '../support/fast-clock.ts';

/** Few, for logs that allow no more. */
const maxInFlight = 4;
/** More root versions than are kept. */
const CHANGES = 20;
const FIRST_ROOT = 'root/ffffffffffffffff';

/**
 * Two create a log at once. The put of the one that loses is hours late: by then the first root versions are replaced and
 * old. Meanwhile an opener was stopped in the middle of its first look, and now goes on with what it finds.
 * @returns what the opener reads, or the code that it gives up with.
 */
export async function lateCreator(open: typeof openS3Log): Promise<string> {
  const elsewhere = createMemoryStore();
  await (await open({ store: elsewhere, maxInFlight })).close();
  const late = (await elsewhere.get(FIRST_ROOT))?.body as Uint8Array;
  const store = createMemoryStore();
  let passedMs = 0;
  const clock = {
    ...fastClock(1),
    now: () => Date.now() + passedMs,
    elapsed: () => performance.now(),
  };
  const writer = await open({ store, clock, maxInFlight });
  const stopped = stoppable(store);
  const opening = open({ store: stopped.store, maxInFlight });
  await stopped.reached;
  // In one chunk, so that no trim leaves a hole for the opener's seal.
  await writer.append(
    Array.from({ length: CHANGES + 1 }, (_, i) => Buffer.from(`record ${i + 1}`)),
  );
  for (let id = 1; id <= CHANGES; id++) await writer.trim(id);
  passedMs = 2 * 3_600_000;
  await writer.collect();
  await store.putIfAbsent(FIRST_ROOT, late);
  stopped.goOn();
  try {
    const log = await opening;
    const texts: string[] = [];
    for await (const { data } of log.iterator()) texts.push(Buffer.from(data).toString());
    await log.close();
    return texts.join();
  } catch (error) {
    return isLogError(error) ? error.code : String(error);
  } finally {
    await writer.close();
  }
}

/** A store whose gets and listings of data stop until they may go on. */
function stoppable(store: ObjectStore): {
  readonly store: ObjectStore;
  readonly reached: Promise<void>;
  readonly goOn: () => void;
} {
  let reach = (): void => undefined;
  let goOn = (): void => undefined;
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const passed = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const get: ObjectStore['get'] = async (...given) => {
    reach();
    await passed;
    return await store.get(...given);
  };
  const list: ObjectStore['list'] = async (...given) => {
    if (given[0].startsWith('d/')) await passed;
    return await store.list(...given);
  };
  const { putIfAbsent, delete: remove } = store;
  return { store: { putIfAbsent, get, list, delete: remove }, reached, goOn };
}
