import { isLogError, type Log } from '@wal/core';
import { assertEqual, assertTrue } from '../assertions.ts';
import { type ClauseTest, clause } from '../clause-test.ts';
import { bytes, fill, read } from '../records.ts';
import { macrotask, watch } from '../waiting.ts';

/** Looking at a log while appends are in flight (READ-1). */
export const visibilityTests: readonly ClauseTest[] = [
  clause(
    'READ-1',
    'get, iterators and lastId agree while appends are in flight',
    async (subject) => {
      const log = await subject.place.open();
      await fill(log, 2);
      const append = log.append([bytes('c'), bytes('d')]);
      const watched = watch(append);
      // One look more once the append is done: then everything must show it.
      for (let last = false; !last; ) {
        last = watched.state !== 'pending';
        await lookAt(log, 4);
        await macrotask();
      }
      await append;
      assertEqual(log.lastId, 4, 'lastId at the end');
    },
  ),

  clause('READ-1', 'a batch becomes visible whole', async ({ place }) => {
    const log = await place.open();
    const batch = [bytes('a'), bytes('b'), bytes('c')];
    const appends = Promise.all(Array.from({ length: 10 }, () => log.append(batch)));
    const watched = watch(appends);
    while (watched.state === 'pending') {
      assertEqual((await read(log)).length % 3, 0, 'records of a batch seen by an iterator');
      assertEqual((log.lastId ?? 0) % 3, 0, 'lastId');
      await macrotask();
    }
    await appends;
  }),
];

/** Looks at a record every way while it may be on its way: what was seen once stays seen. */
async function lookAt(log: Log, id: number): Promise<void> {
  const seenBefore = (log.lastId ?? 0) >= id;
  const got = await log.get(id).then(
    () => true,
    (error: unknown) => {
      if (!isLogError(error, 'ERR_LOG_NOT_FOUND')) throw error;
      return false;
    },
  );
  assertTrue(got || !seenBefore, `get(${id}) finds what lastId counts`);
  assertTrue(!got || (log.lastId ?? 0) >= id, `lastId counts what get(${id}) finds`);
  const iterated = (await read(log)).at(-1)?.id === id;
  assertTrue(iterated || !got, `an iterator gives what get(${id}) finds`);
  assertTrue(!iterated || (log.lastId ?? 0) >= id, 'lastId counts what an iterator gives');
}
