import type { LogIterator } from '@wal/core';
import { assertEqual, assertRecord, assertRejects, assertRejectsWith } from '../assertions.ts';
import { type ClauseTest, clause } from '../clause-test.ts';
import { assertDone, assertNext, bytes, fill, record, takeMany } from '../records.ts';
import { assertWaits } from '../waiting.ts';

/** What ends a wait, and what does not (FOLLOW-3 … 5). */
export const followEndTests: readonly ClauseTest[] = [
  clause('FOLLOW-3', 'ends once its end was given', async ({ place }) => {
    const log = await place.open();
    await fill(log, 2);
    const iterator = log.iterator({ follow: true, end: 4 });
    await takeMany(iterator, 2);
    const waiting = iterator.next();
    await assertWaits(log, [waiting], 'next before its end');
    await fill(log, 3);
    assertRecord((await waiting).value, record(3, 'record 3'), 'the third');
    await assertNext(iterator, record(4, 'record 4'), 'the last');
    await assertDone(iterator, 'at its end');
  }),

  clause('FOLLOW-3', 'an end that is past, or below start, ends it at once', async ({ place }) => {
    const log = await place.open();
    await fill(log, 5);
    await log.trim(2);
    const iterator = log.iterator({ follow: true, end: 4 });
    assertEqual(
      (await takeMany(iterator, 2)).map(({ id }) => id),
      [3, 4],
      'up to its end',
    );
    await assertDone(iterator, 'at its end');
    await assertDone(log.iterator({ follow: true, start: 9, end: 8 }), 'end below start');
    await assertDone(log.iterator({ follow: true, end: 2 }), 'end at the trim mark');
  }),

  clause('FOLLOW-4', 'return ends it while it waits', async ({ place }) => {
    const log = await place.open();
    await fill(log, 1);
    for (const start of [1, 2, 50]) {
      const iterator = log.iterator({ start, follow: true });
      if (start === 1) await takeMany(iterator, 1);
      const [next, again, run] = [iterator.next(), iterator.next(), iterator.nextBatch()];
      await assertWaits(log, [next, again, run], 'before return');
      const result = { ...(await iterator.return()) };
      assertEqual(result, { done: true, value: undefined }, 'what return gives');
      assertEqual((await next).done, true, 'next that waited');
      assertEqual((await again).done, true, 'the second next that waited');
      assertEqual([...(await run)], [], 'nextBatch that waited');
      await assertDone(iterator, 'after return');
    }
  }),

  clause('FOLLOW-4', 'an abort rejects it with the reason while it waits', async ({ place }) => {
    const log = await place.open();
    await fill(log, 1);
    const controller = new AbortController();
    const reason = { why: 'test' };
    const iterator = log.iterator({ follow: true, signal: controller.signal });
    await takeMany(iterator, 1);
    const waiting = [iterator.next(), iterator.nextBatch()];
    await assertWaits(log, waiting, 'before the abort');
    controller.abort(reason);
    for (const call of waiting) await assertRejectsWith(() => call, reason, 'what waited');
    await fill(log, 1);
    await assertRejectsWith(() => iterator.next(), reason, 'next after the abort');
    await assertRejectsWith(() => iterator.nextBatch(), reason, 'nextBatch after the abort');
    await iterator.return();
    await assertDone(iterator, 'after return');
  }),

  clause('FOLLOW-4', 'closing the log rejects it while it waits', async ({ place }) => {
    const log = await place.open();
    await fill(log, 1);
    const iterators = [1, 2, 50].map((start) => log.iterator({ start, follow: true }));
    await takeMany(iterators[0] as LogIterator, 1);
    const waiting = iterators.flatMap((iterator) => [iterator.next(), iterator.nextBatch()]);
    await assertWaits(log, waiting, 'before close');
    const closed = log.close();
    for (const call of waiting) await assertRejects(() => call, 'ERR_LOG_CLOSED', 'what waited');
    await closed;
  }),

  clause('FOLLOW-5', 'a truncate of what it gave rejects it while it waits', async ({ place }) => {
    const log = await place.open();
    await fill(log, 5);
    const iterator = log.iterator({ follow: true });
    await takeMany(iterator, 5);
    const waiting = iterator.next();
    await assertWaits(log, [waiting], 'before the truncate');
    // New records take the ids at once: the waiting reader must not be given record 6 as if nothing were.
    const calls = [log.truncate(3), log.append(['a', 'b', 'c', 'd'].map(bytes))];
    await assertRejects(() => waiting, 'ERR_LOG_TRUNCATED', 'next that waited', { lastId: 3 });
    await Promise.all(calls);
    await assertRejects(() => iterator.nextBatch(), 'ERR_LOG_TRUNCATED', 'asked again');
  }),

  clause('FOLLOW-5', 'a truncate of what it did not give lets it wait', async ({ place }) => {
    const log = await place.open();
    await fill(log, 4);
    const iterator = log.iterator({ start: 6, follow: true });
    const waiting = iterator.next();
    await assertWaits(log, [waiting], 'before the truncate');
    await log.truncate(2);
    await assertWaits(log, [waiting], 'after the truncate');
    await fill(log, 4);
    assertRecord((await waiting).value, record(6, 'record 6'), 'what it waited for');
    await iterator.return();
  }),

  clause('FOLLOW-5', 'a trim of its next id rejects it while it waits', async ({ place }) => {
    const log = await place.open();
    await fill(log, 3);
    const iterator = log.iterator({ follow: true });
    await takeMany(iterator, 3);
    const waiting = iterator.next();
    await log.trim(3);
    await assertWaits(log, [waiting], 'after a trim of what it gave');
    const trimmed = log.trim(8);
    await assertRejects(() => waiting, 'ERR_LOG_TRIMMED', 'next that waited', { firstId: 9 });
    await trimmed;
  }),

  clause('FOLLOW-5', 'one that gave nothing begins after the trim mark', async ({ place }) => {
    const log = await place.open();
    const iterator = log.iterator({ start: 3, follow: true });
    const waiting = iterator.next();
    await log.trim(10);
    await assertWaits(log, [waiting], 'after the trim');
    await fill(log, 1);
    assertRecord((await waiting).value, record(11, 'record 11'), 'the first after the trim mark');
    await iterator.return();
  }),
];
