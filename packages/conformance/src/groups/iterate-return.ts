import type { LogIterator } from '@wal/core';
import { assertEqual, assertRecords, assertRejects, assertTrue } from '../assertions.ts';
import { type ClauseTest, clause } from '../clause-test.ts';
import { assertDone, drain, fill, take } from '../records.ts';

/** Ending an iterator early (ITERATE-6). */
export const returnTests: readonly ClauseTest[] = [
  clause('ITERATE-6', 'return ends it at once, for good, as often as called', async ({ place }) => {
    const log = await place.open();
    await fill(log, 10);
    const steps: ((iterator: LogIterator) => unknown)[] = [
      () => undefined,
      (iterator) => take(iterator),
      (iterator) => iterator.nextBatch(),
      (iterator) => drain(iterator),
    ];
    for (const step of steps) {
      const iterator = log.iterator();
      await step(iterator);
      for (let i = 0; i < 2; i++) {
        const result = { ...(await iterator.return()) };
        assertEqual(result, { done: true, value: undefined }, 'what return gives');
        await assertDone(iterator, 'after return');
      }
    }
  }),

  clause('ITERATE-6', 'return while a next is under way ends in order too', async ({ place }) => {
    const log = await place.open();
    const expected = await fill(log, 3);
    const iterator = log.iterator();
    const pending = [iterator.next(), iterator.next()];
    const returned = await iterator.return();
    assertEqual({ ...returned }, { done: true, value: undefined }, 'what return gives');
    const given = (await Promise.all(pending)).flatMap((result) =>
      result.done === true ? [] : [result.value],
    );
    assertRecords(given, expected.slice(0, given.length), 'what was under way');
    await assertDone(iterator, 'after return');
  }),

  clause('ITERATE-6', 'leaving a for await and asyncDispose call return', async ({ place }) => {
    const log = await place.open();
    await fill(log, 5);
    const left = log.iterator();
    for await (const { id } of left) if (id === 2) break;
    await assertDone(left, 'after break');
    const disposed = log.iterator();
    await take(disposed);
    await disposed[Symbol.asyncDispose]();
    await assertDone(disposed, 'after asyncDispose');
    const itself = log.iterator();
    assertTrue(itself[Symbol.asyncIterator]() === itself, 'asyncIterator gives the iterator');
    await itself.return();
  }),

  clause('ITERATE-6', 'return after a rejection gives done again', async ({ place }) => {
    const log = await place.open();
    await fill(log, 5);
    const iterator = log.iterator();
    await take(iterator);
    await log.trim(4);
    await assertRejects(() => iterator.next(), 'ERR_LOG_TRIMMED', 'next');
    const result = { ...(await iterator.return()) };
    assertEqual(result, { done: true, value: undefined }, 'what return gives');
    await assertDone(iterator, 'after return');
  }),
];
