import { MAX_RECORD_ID } from '@wal/core';
import {
  assertBytes,
  assertEqual,
  assertRecords,
  assertRejects,
  assertTrue,
} from '../assertions.ts';
import { clause } from '../clause-test.ts';
import { type ConformanceGroup, defineGroup } from '../group.ts';
import {
  assertDone,
  bytes,
  drain,
  drainRuns,
  fill,
  pattern,
  read,
  take,
  takeMany,
} from '../records.ts';
import { settleOrder } from '../waiting.ts';
import { rangeTests } from './iterate-range.ts';
import { returnTests } from './iterate-return.ts';

/** Reading a run of records (ITERATE-1 … 8, READ-4, READ-5). */
export const iterateGroup: ConformanceGroup = defineGroup('iterate', [
  clause('ITERATE-1', 'gives every record in id order, each once', async ({ place }) => {
    const log = await place.open();
    const expected = await fill(log, 300);
    assertRecords(await drain(log.iterator()), expected, 'by next');
    assertRecords(await drainRuns(log.iterator()), expected, 'by nextBatch');
    const looped: typeof expected = [];
    for await (const record of log.iterator()) looped.push(record);
    assertRecords(looped, expected, 'by for await');
  }),

  clause('ITERATE-1', 'gives records of all sizes, also many and large ones', async ({ place }) => {
    const log = await place.open();
    const sizes = Array.from({ length: 60 }, (_, i) => (i % 7 === 0 ? 50_000 : (i * 37) % 900));
    for (let i = 0; i < sizes.length; i += 5) {
      await log.append(sizes.slice(i, i + 5).map((size, j) => pattern(size, i + j)));
    }
    const expected = sizes.map((size, i) => ({ id: i + 1, data: pattern(size, i) }));
    assertRecords(await drain(log.iterator()), expected, 'by next');
    assertRecords(await drainRuns(log.iterator()), expected, 'by nextBatch');
    assertRecords(await read(log, { start: 31 }), expected.slice(30), 'from the middle');
  }),

  clause('ITERATE-1', 'gives nothing of an empty log', async ({ place }) => {
    const log = await place.open();
    await assertDone(log.iterator(), 'a new log');
    await assertDone(log.iterator({ start: 0, end: MAX_RECORD_ID }), 'any range of it');
    await fill(log, 3);
    await log.trim(3);
    await assertDone(log.iterator(), 'a trimmed log');
    await assertDone(log.iterator({ start: 1 }), 'from a trimmed id');
  }),

  clause('ITERATE-4', 'the end stays the end, by next and nextBatch', async ({ place }) => {
    const log = await place.open();
    for (const drained of [drain, drainRuns]) {
      const iterator = log.iterator();
      await drained(iterator);
      await fill(log, 2);
      await assertDone(iterator, 'after more was appended');
      await assertDone(iterator, 'asked again');
    }
  }),

  clause('ITERATE-4', 'next and nextBatch may be mixed', async ({ place }) => {
    const log = await place.open();
    const expected = await fill(log, 100);
    const iterator = log.iterator();
    const given = await takeMany(iterator, 3);
    given.push(...(await iterator.nextBatch()));
    assertTrue(given.length > 3, 'a run is not empty before the end');
    for (;;) {
      const result = await iterator.next();
      if (result.done === true) break;
      given.push(result.value, ...(await iterator.nextBatch()));
    }
    assertRecords(given, expected, 'all of it, mixed');
    await assertDone(iterator, 'at the end');
  }),

  clause('ITERATE-5', 'calls of next that overlap are answered in order', async ({ place }) => {
    const log = await place.open();
    const expected = await fill(log, 5);
    const iterator = log.iterator();
    const calls = Array.from({ length: 7 }, () => iterator.next());
    assertEqual(await settleOrder(calls), [0, 1, 2, 3, 4, 5, 6], 'the order of the answers');
    const results = await Promise.all(calls);
    const given = results.flatMap((result) => (result.done === true ? [] : [result.value]));
    assertRecords(given, expected, 'the records in call order');
    assertEqual(results.map(({ done }) => done ?? false).indexOf(true), 5, 'the first done');
  }),

  clause('ITERATE-5', 'next and nextBatch that overlap are answered in order', async (subject) => {
    const log = await subject.place.open();
    const expected = await fill(log, 50);
    const iterator = log.iterator();
    const calls: Promise<unknown>[] = [];
    const given: typeof expected = [];
    const call = (batch: boolean): void => {
      const made = batch
        ? iterator.nextBatch()
        : iterator.next().then((result) => (result.done === true ? [] : [result.value]));
      calls.push(made.then((records) => given.push(...records)));
    };
    for (const batch of [false, false, true, false, true, true, false]) call(batch);
    await Promise.all(calls);
    given.push(...(await drain(iterator)));
    assertRecords(given, expected, 'the records, in the order of the answers');
  }),

  clause('ITERATE-7', 'iterators on one log go their own ways', async ({ place }) => {
    const log = await place.open();
    const expected = await fill(log, 30);
    const iterators = [0, 5, 11, 29].map((start) => log.iterator({ start: start + 1 }));
    const given = await Promise.all(
      iterators.map(async (iterator, i) => {
        if (i === 1) {
          await iterator.return();
          return [];
        }
        return i === 2 ? drainRuns(iterator) : drain(iterator);
      }),
    );
    assertRecords(given[0] ?? [], expected, 'the first');
    assertRecords(given[2] ?? [], expected.slice(11), 'the third');
    assertRecords(given[3] ?? [], expected.slice(29), 'the fourth');
  }),

  clause('ITERATE-8', 'a rejection is the answer from then on', async ({ place }) => {
    const log = await place.open();
    await fill(log, 10);
    const iterator = log.iterator();
    await take(iterator);
    await log.trim(5);
    const first = await assertRejects(() => iterator.next(), 'ERR_LOG_TRIMMED', 'next');
    const calls = [
      () => iterator.next(),
      () => iterator.nextBatch(),
      () => iterator.nextBatch(),
      () => iterator.next(),
    ];
    for (const call of calls) {
      const again = await assertRejects(call, 'ERR_LOG_TRIMMED', 'asked again', { firstId: 6 });
      assertTrue(again === first, 'the same error every time');
    }
    await iterator.return();
    await assertDone(iterator, 'after return');
  }),

  clause('READ-4', 'the bytes iterated stay, whatever the log does next', async ({ place }) => {
    const log = await place.open();
    const sizes = [2000, 0, 17, 400];
    const append = (seed: number): Promise<unknown> =>
      log.append(sizes.map((size, i) => pattern(size, seed + i)));
    await append(1);
    const byNext = await drain(log.iterator());
    const byBatch = await drainRuns(log.iterator());
    await log.truncate(0);
    await append(50);
    await drainRuns(log.iterator());
    await log.trim(3);
    await append(90);
    await drain(log.iterator());
    await log.close();
    for (const held of [byNext, byBatch]) {
      assertEqual(held.length, sizes.length, 'the number of records held');
      for (const [i, size] of sizes.entries()) {
        assertBytes(held[i]?.data, pattern(size, 1 + i), `the bytes held of record ${i + 1}`);
      }
    }
  }),

  clause('READ-5', 'iterators left half read hold up nothing', async ({ place }) => {
    const log = await place.open();
    await fill(log, 200);
    const iterators = Array.from({ length: 50 }, (_, i) => log.iterator({ start: 1 + i }));
    for (const iterator of iterators) await take(iterator);
    const waiting = log.iterator({ start: 300, follow: true });
    const never = waiting.next().catch(() => {});
    await log.append(bytes('x'));
    await log.truncate(150);
    await log.trim(100);
    assertEqual((await log.append(bytes('y'))).firstId, 151, 'the next id');
    await log.close();
    await never;
  }),

  ...rangeTests,

  ...returnTests,
]);
