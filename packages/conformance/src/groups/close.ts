import type { Log } from '@wal/core';
import { assertEqual, assertIds, assertRejects, idsOf } from '../assertions.ts';
import { clause, clauseNeeding, reopening } from '../clause-test.ts';
import { type ConformanceGroup, defineGroup } from '../group.ts';
import { assertHolds, bytes, fill, record, recordsFrom, takeMany } from '../records.ts';
import { assertSettledBefore, assertWaits } from '../waiting.ts';
import { OPERATIONS } from './bad-arguments.ts';

/** The end of a handle (CLOSE-1 … 4, FOLLOW-4). */
export const closeGroup: ConformanceGroup = defineGroup('close', [
  clause('CLOSE-1', 'waits for the operations in flight, which succeed', async ({ place }) => {
    const log = await place.open();
    await fill(log, 1);
    const calls = [
      log.append(new Uint8Array(10_000)),
      log.append([bytes('a'), bytes('b'), bytes('c')]),
      log.truncate(4),
      log.trim(1),
      log.append(bytes('d')),
    ];
    await assertSettledBefore(log.close(), calls, 'what was in flight when close resolves');
    assertIds(log, [2, 5, 6], 'ids of the closed log');
  }),

  clause('CLOSE-1', 'a get in flight succeeds', async ({ place }) => {
    const log = await place.open();
    await fill(log, 3);
    const got = log.get(2);
    const closed = log.close();
    assertEqual(await got, record(2, 'record 2'), 'get');
    await closed;
  }),

  clauseNeeding(
    reopening,
    'CLOSE-1',
    'what was in flight is there when reopened',
    async (subject) => {
      const { place } = subject;
      const before = await place.open();
      const calls = [before.append([bytes('a'), bytes('b'), bytes('c')]), before.truncate(2)];
      calls.push(before.append({ id: 3, data: bytes('C') }));
      await Promise.all([...calls, before.close()]);
      await assertHolds(await place.open(), recordsFrom(1, 'a', 'b', 'C'), 4, 'reopened');
    },
  ),

  clause('CLOSE-2', 'may be called again, and twice at once', async ({ place }) => {
    const log = await place.open();
    const append = log.append(new Uint8Array(10_000));
    const [first, second] = [log.close(), log.close()];
    await assertSettledBefore(second, [append], 'what was in flight when the second resolves');
    await first;
    await log.close();
    await log[Symbol.asyncDispose]();
    assertIds(log, [1, 1, 2], 'ids of the closed log');
  }),

  clause('CLOSE-2', 'asyncDispose is close', async ({ place }) => {
    const log = await place.open();
    const append = log.append(bytes('a'));
    const disposed = Promise.resolve(log[Symbol.asyncDispose]());
    await assertSettledBefore(disposed, [append], 'what was in flight when it resolves');
    assertEqual(await disposed, undefined, 'what it gives');
    await assertAllClosed(log);
    await log.close();
  }),

  clause('CLOSE-3', 'every method rejects CLOSED afterwards', async ({ place }) => {
    const log = await place.open();
    await fill(log, 3);
    await log.close();
    await assertAllClosed(log);
  }),

  clause('CLOSE-3', 'every method rejects CLOSED as soon as close is called', async ({ place }) => {
    const log = await place.open();
    await fill(log, 3);
    const append = log.append(bytes('before'));
    const closed = log.close();
    await assertAllClosed(log);
    await append;
    await closed;
    assertIds(log, [1, 4, 5], 'ids of the closed log');
  }),

  clause('CLOSE-3', 'iterators reject CLOSED, half read ones too', async ({ place }) => {
    const log = await place.open();
    await fill(log, 10);
    const [fresh, halfRead, follower] = [
      log.iterator(),
      log.iterator(),
      log.iterator({ follow: true }),
    ];
    await takeMany(halfRead, 2);
    await takeMany(follower, 10);
    const closed = log.close();
    for (const iterator of [fresh, halfRead, follower]) {
      await assertRejects(() => iterator.next(), 'ERR_LOG_CLOSED', 'next');
      await assertRejects(() => iterator.nextBatch(), 'ERR_LOG_CLOSED', 'nextBatch');
    }
    await closed;
    for (const iterator of [fresh, halfRead, follower]) {
      await assertRejects(() => iterator.next(), 'ERR_LOG_CLOSED', 'next, later');
      assertEqual((await iterator.return()).done, true, 'return');
      assertEqual((await iterator.next()).done, true, 'next after return');
    }
  }),

  clause('CLOSE-4', 'the ids keep their last values', async ({ place }) => {
    const log = await place.open();
    await fill(log, 5);
    await log.trim(2);
    await log.truncate(4);
    const ids = idsOf(log);
    await log.close();
    assertEqual(idsOf(log), ids, 'after close');
    await assertAllClosed(log);
    assertIds(log, [3, 4, 5], 'after calls on the closed log');
  }),

  clause('CLOSE-4', 'the ids of an empty log stay too', async ({ place }) => {
    const log = await place.open({ firstId: 7 });
    await log.trim(20);
    await log.close();
    assertIds(log, [undefined, undefined, 21], 'after close');
  }),

  clause('FOLLOW-4', 'close with appends in flight ends a waiting iterator', async ({ place }) => {
    const log = await place.open();
    const iterator = log.iterator({ start: 100, follow: true });
    const waiting = iterator.next();
    await assertWaits(log, [waiting], 'before close');
    const append = log.append(bytes('a'));
    const closed = log.close();
    await assertRejects(() => waiting, 'ERR_LOG_CLOSED', 'next that waited');
    await assertRejects(() => iterator.next(), 'ERR_LOG_CLOSED', 'asked again');
    await Promise.all([append, closed]);
  }),
]);

async function assertAllClosed(log: Log): Promise<void> {
  for (const [name, call] of OPERATIONS) {
    await assertRejects(() => call(log), 'ERR_LOG_CLOSED', name);
  }
  await assertRejects(() => log.truncate(-1), 'ERR_LOG_CLOSED', 'truncate(-1)');
  await assertRejects(() => log.get(99), 'ERR_LOG_CLOSED', 'get(99)');
}
