import { createMemoryStore, type ObjectStore, openS3Log } from '@wal/s3log';
import { describe, expect, it } from 'vitest';

/**
 * A store whose next look at the root versions waits, once `stop` was called: whether the version counts that was
 * written before is not known until it goes on.
 */
function storeWithSlowLook(store: ObjectStore): {
  readonly store: ObjectStore;
  readonly stop: () => { readonly reached: Promise<void>; readonly goOn: () => void };
} {
  let next: { reach: () => void; passed: Promise<void> } | undefined;
  const stop = (): { reached: Promise<void>; goOn: () => void } => {
    let goOn = (): void => undefined;
    const passed = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const reached = new Promise<void>((reach) => {
      next = { reach, passed };
    });
    return { reached, goOn };
  };
  const list: ObjectStore['list'] = async (...given) => {
    const stopped = given[0] === 'root/' ? next : undefined;
    if (stopped !== undefined) {
      next = undefined;
      stopped.reach();
      await stopped.passed;
    }
    return await store.list(...given);
  };
  const { putIfAbsent, get, delete: remove } = store;
  return { store: { putIfAbsent, get, list, delete: remove }, stop };
}

/** A log whose owner changes it, and does not know yet that the change counts; a reader beside it, who does, collects. */
async function collectedUnder(change: 'trim' | 'truncate'): Promise<unknown> {
  const bucket = createMemoryStore();
  const { store, stop } = storeWithSlowLook(bucket);
  const log = await openS3Log({ store, compactionGraceMs: 0 });
  for (const text of ['one', 'two', 'three']) await log.append(Buffer.from(text));
  if (change === 'truncate') await log.compact();
  const look = stop();
  const changing = change === 'trim' ? log.trim(2) : log.truncate(0);
  await look.reached;
  const reader = await openS3Log({ store: bucket, readOnly: true });
  await reader.collect();
  await reader.close();
  const got = log.get(2).catch((error: unknown) => error);
  await new Promise((resolve) => setImmediate(resolve));
  look.goOn();
  await changing;
  const found = await got;
  await log.append(Buffer.from('more'));
  await log.close();
  return found;
}

describe('READ-3 what others delete by a change that its owner does not know yet to count is not corrupt', () => {
  it('a trim', async () => {
    expect(await collectedUnder('trim')).toMatchObject({ code: 'ERR_LOG_TRIMMED' });
  });

  it('a truncate', async () => {
    expect(await collectedUnder('truncate')).toMatchObject({ code: 'ERR_LOG_NOT_FOUND' });
  });
});
