import { isLogError, type LogIterator } from '@wal/core';
import { assertRecord, assertRejects, assertTrue } from '../assertions.ts';
import { type ClauseTest, clause } from '../clause-test.ts';
import { assertDone, assertNext, fill, record, takeMany } from '../records.ts';
import { microtasks } from '../waiting.ts';

/** What a trim means to who reads (ITERATE-11). */
export const trimmedReaderTests: readonly ClauseTest[] = [
  clause('ITERATE-11', 'a trim of its next id rejects TRIMMED', async ({ place }) => {
    const log = await place.open();
    await fill(log, 10);
    const iterators = Array.from({ length: 4 }, () => log.iterator());
    const [byNext, byBatch, kept, atEnd] = iterators as [
      LogIterator,
      LogIterator,
      LogIterator,
      LogIterator,
    ];
    await takeMany(byNext, 2);
    await takeMany(byBatch, 2);
    await takeMany(kept, 5);
    await takeMany(atEnd, 10);
    await log.trim(5);
    await assertRejects(() => byNext.next(), 'ERR_LOG_TRIMMED', 'next', { firstId: 6 });
    await assertRejects(() => byBatch.nextBatch(), 'ERR_LOG_TRIMMED', 'batch', { firstId: 6 });
    await assertNext(kept, record(6, 'record 6'), 'one whose next id was kept');
    await log.trim(20);
    await assertRejects(() => kept.next(), 'ERR_LOG_TRIMMED', 'trimmed', { firstId: 21 });
    await assertRejects(() => atEnd.next(), 'ERR_LOG_TRIMMED', 'beyond the end', { firstId: 21 });
  }),

  clause('ITERATE-11', 'one that was given its end is done, trimmed or not', async ({ place }) => {
    const log = await place.open();
    await fill(log, 10);
    const iterator = log.iterator({ end: 3 });
    await takeMany(iterator, 3);
    await log.trim(6);
    await assertDone(iterator, 'after its end was trimmed');
  }),

  clause('ITERATE-11', 'one that gave nothing begins after the trim mark', async ({ place }) => {
    const log = await place.open();
    await fill(log, 10);
    const [fromStart, fromThree, upToFour] = [
      log.iterator(),
      log.iterator({ start: 3 }),
      log.iterator({ end: 4 }),
    ];
    await log.trim(6);
    await assertNext(fromStart, record(7, 'record 7'), 'without start');
    assertRecord((await fromThree.nextBatch())[0], record(7, 'record 7'), 'with start 3');
    await assertDone(upToFour, 'with end 4');
  }),

  clause(
    'ITERATE-11',
    'a trim under way is noticed at whatever moment it comes',
    async (subject) => {
      const log = await subject.place.open();
      for (let delay = 0; delay < 40; delay++) {
        const [first] = await fill(log, 1);
        const iterator = log.iterator();
        await takeMany(iterator, 1);
        // Appended only now, so that the iterator cannot have read them ahead.
        await fill(log, 5);
        const pending = iterator.next();
        await microtasks(delay);
        const trimmed = log.trim(log.nextId - 2);
        const firstId = log.nextId - 1;
        const second = await pending.then(
          ({ value }) => value?.id,
          (error: unknown) => error,
        );
        assertTrue(
          second === (first?.id ?? 0) + 1 || isLogError(second, 'ERR_LOG_TRIMMED'),
          `next at a trim gives the next record or TRIMMED, after ${delay} microtasks: ${second}`,
        );
        await trimmed;
        await assertRejects(() => iterator.next(), 'ERR_LOG_TRIMMED', 'then', { firstId });
        await log.trim(log.nextId - 1);
      }
    },
  ),
];
