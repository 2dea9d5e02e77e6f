import { isLogError } from '@wal/core';
import {
  createMemoryStore,
  type ObjectStore,
  type openS3Log,
  type S3Log,
  StoreError,
} from '@wal/s3log';

/** Few, for logs that allow no more. */
const maxInFlight = 1;

/** What a gate lets through once it is opened. */
function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

/** A store whose puts go another way. */
function withPuts(store: ObjectStore, putIfAbsent: ObjectStore['putIfAbsent']): ObjectStore {
  const { get, list, delete: remove } = store;
  return { putIfAbsent, get, list, delete: remove };
}

/** Fenced below a trim. @returns the code that the writer gives up with. */
export function fencedBelowTrim(open: typeof openS3Log): Promise<string | undefined> {
  return fencedBelow(open, (owner) => owner.trim(1));
}

/** Fenced below the end of a segment. @returns the code that the writer gives up with. */
export function fencedBelowSegment(open: typeof openS3Log): Promise<string | undefined> {
  return fencedBelow(open, async (owner) => {
    await owner.append(Buffer.from('another'));
    await owner.compact();
    await owner.collect();
  });
}

/**
 * A record is stored, and its writer does not hear of it. A newer owner sees to it that its chunk is not needed, and is
 * deleted; then the late seal of an opener that had lost lands in its slot. Whoever believes that seal says that the
 * record never was in the log.
 */
async function fencedBelow(
  open: typeof openS3Log,
  pass: (owner: S3Log) => Promise<void>,
): Promise<string | undefined> {
  const store = createMemoryStore();
  const isData = (key: string): boolean => key.startsWith('d/');
  const [again, late] = [gate(), gate()];
  let sends = 0;
  const unheard = withPuts(store, async (key, body) => {
    if (!isData(key)) return await store.putIfAbsent(key, body);
    if (sends++ > 0) await again.passed;
    const outcome = await store.putIfAbsent(key, body);
    if (sends === 1) throw new StoreError('unavailable', 'the answer is lost');
    return outcome;
  });
  const writer = await open({ store: unheard, maxInFlight });

  let reachSeal = (): void => undefined;
  const sealing = new Promise<void>((resolve) => {
    reachSeal = resolve;
  });
  const stalled = withPuts(store, async (key, body) => {
    if (isData(key)) {
      reachSeal();
      await late.passed;
    }
    return await store.putIfAbsent(key, body);
  });
  const loser = open({ store: stalled, maxInFlight });
  await sealing;

  const append = writer.append(Buffer.from('unheard of')).catch((error: unknown) => error);
  const owner = await open({ store, maxInFlight, compactionGraceMs: 0 });
  if (owner.lastId !== 1) throw new Error('the record is not in the log');
  await pass(owner);
  await owner.close();
  late.open();
  await (await loser).close();
  again.open();
  const error = await append;
  await writer.close();
  return isLogError(error) ? error.code : String(error);
}
