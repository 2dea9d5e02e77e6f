import { createMemoryStore, type ObjectStore, type openS3Log } from '@wal/s3log';

/** Few, for logs that allow no more. */
const maxInFlight = 4;

/**
 * An opener has claimed the log, and its seal is on its way, for a slot that was free. Meanwhile the writer before fills
 * the slot, and the next opener takes the log over and trims it, so that the slot is free again, and the late seal lands.
 * @returns the id that the first opener goes on from, and whether it is the owner in the end.
 */
export async function overtakenOpener(open: typeof openS3Log): Promise<string> {
  const store = createMemoryStore();
  const { get, list, delete: remove } = store;
  const writer = await open({ store, maxInFlight });
  for (const text of ['one', 'two']) await writer.append(Buffer.from(text));
  let reached = (): void => undefined;
  let goOn = (): void => undefined;
  const atSeal = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const later = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const putIfAbsent: ObjectStore['putIfAbsent'] = async (key, body) => {
    if (key.startsWith('d/')) {
      reached();
      await later;
    }
    return await store.putIfAbsent(key, body);
  };
  const opening = open({ store: { putIfAbsent, get, list, delete: remove }, maxInFlight });
  await atSeal;
  for (const text of ['three', 'four']) await writer.append(Buffer.from(text));
  const next = await open({ store, maxInFlight });
  await next.trim(3);
  await next.close(); // Now the chunks are deleted.
  goOn();
  const log = await opening;
  const found = `nextId ${log.nextId}, epoch ${log.epoch}`;
  await Promise.all([log.close(), writer.close()]);
  return found;
}
