import type { LogIterator, LogRecord } from '@wal/core';
import {
  assertEqual,
  assertRecord,
  assertRecords,
  assertRejects,
  assertRejectsWith,
  assertTrue,
} from '../assertions.ts';
import { clause } from '../clause-test.ts';
import { type ConformanceGroup, defineGroup } from '../group.ts';
import { assertDone, assertNext, bytes, fill, record, recordsFrom, takeMany } from '../records.ts';
import { assertWaits, settleOrder } from '../waiting.ts';

/** Waiting for records yet to come (FOLLOW-1 … 5). */
export const followGroup: ConformanceGroup = defineGroup('follow', [
  clause('FOLLOW-1', 'waits at the end, then gives each record that comes', async ({ place }) => {
    const log = await place.open();
    const expected = await fill(log, 3);
    const iterator = log.iterator({ follow: true });
    assertRecords(await takeMany(iterator, 3), expected, 'what was there');
    for (let i = 0; i < 3; i++) {
      const waiting = iterator.next();
      await assertWaits(log, [waiting], 'next at the end of the log');
      const [later] = await fill(log, 1);
      assertRecord((await waiting).value, later as LogRecord, 'the record waited for');
    }
    await iterator.return();
  }),

  clause('FOLLOW-1', 'waits on an empty log for its first record', async ({ place }) => {
    const log = await place.open({ firstId: 0 });
    const one = log.iterator({ follow: true });
    const other = log.iterator({ follow: true });
    const [next, run] = [one.next(), other.nextBatch()];
    await assertWaits(log, [next, run], 'next and nextBatch on an empty log');
    await log.append([bytes('a'), bytes('b')]);
    assertRecord((await next).value, record(0, 'a'), 'by next');
    assertRecord((await run)[0], record(0, 'a'), 'by nextBatch');
    await Promise.all([one.return(), other.return()]);
  }),

  clause('FOLLOW-1', 'misses nothing, whatever moment a record comes at', async ({ place }) => {
    const log = await place.open();
    const iterator = log.iterator({ follow: true });
    // The append starts one microtask later every time: also between the look and the wait.
    for (let delay = 0; delay < 40; delay++) {
      const waiting = iterator.next();
      for (let i = 0; i < delay; i++) await undefined;
      const id = log.nextId;
      const append = log.append(bytes(`r${id}`));
      assertRecord((await waiting).value, record(id, `r${id}`), `after ${delay} microtasks`);
      await append;
    }
    await iterator.return();
  }),

  clause('FOLLOW-1', 'misses nothing while many are appended', async ({ place }) => {
    const log = await place.open();
    const read = takeMany(log.iterator({ follow: true }), 100);
    const runs = takeRuns(log.iterator({ follow: true }), 100);
    const expected: LogRecord[] = [];
    for (let i = 0; i < 10; i++) expected.push(...(await fill(log, 10)));
    assertRecords(await read, expected, 'by next');
    assertRecords(await runs, expected, 'by nextBatch');
  }),

  clause('FOLLOW-1', 'nexts that wait together are answered in order', async ({ place }) => {
    const log = await place.open();
    const iterator = log.iterator({ follow: true });
    const waiting = Array.from({ length: 4 }, () => iterator.next());
    const order = settleOrder(waiting);
    await assertWaits(log, waiting, 'four nexts');
    await log.append([bytes('a'), bytes('b'), bytes('c')]);
    await log.append(bytes('d'));
    assertEqual(await order, [0, 1, 2, 3], 'the order of the answers');
    const given = (await Promise.all(waiting)).map(({ value }) => value as LogRecord);
    assertRecords(given, recordsFrom(1, 'a', 'b', 'c', 'd'), 'the records');
    await iterator.return();
  }),

  clause('FOLLOW-2', 'begins at start also where that id is not written yet', async ({ place }) => {
    const log = await place.open();
    await fill(log, 3);
    const iterator = log.iterator({ start: 6, follow: true });
    const waiting = iterator.next();
    await assertWaits(log, [waiting], 'from 6, log ends at 3');
    await fill(log, 2);
    await assertWaits(log, [waiting], 'from 6, log ends at 5');
    await fill(log, 2);
    assertRecord((await waiting).value, record(6, 'record 6'), 'the first');
    await assertNext(iterator, record(7, 'record 7'), 'the second');
    await iterator.return();
  }),

  clause('FOLLOW-2', 'begins at the first stored record after start', async ({ place }) => {
    const log = await place.open();
    await fill(log, 5);
    await log.trim(3);
    const iterator = log.iterator({ start: 1, follow: true });
    assertRecords(await takeMany(iterator, 2), [record(4, 'record 4'), record(5, 'record 5')], '');
    await iterator.return();
  }),

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
]);

async function takeRuns(iterator: LogIterator, count: number): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  while (records.length < count) {
    const run = await iterator.nextBatch();
    assertTrue(run.length > 0, 'a run is not empty before the end');
    records.push(...run);
  }
  await iterator.return();
  return records;
}
