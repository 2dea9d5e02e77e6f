import type { LogIterator, LogRecord } from '@wal/core';
import { assertEqual, assertRecord, assertRecords, assertTrue } from '../assertions.ts';
import { clause } from '../clause-test.ts';
import { type ConformanceGroup, defineGroup } from '../group.ts';
import { assertNext, bytes, fill, record, recordsFrom, takeMany } from '../records.ts';
import { assertWaits, microtasks, settleOrder } from '../waiting.ts';
import { followEndTests } from './follow-end.ts';

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
      await microtasks(delay);
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
    const expected = [record(4, 'record 4'), record(5, 'record 5')];
    assertRecords(await takeMany(iterator, 2), expected, 'what was not trimmed');
    await iterator.return();
  }),

  ...followEndTests,
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
