import { assertEqual, assertIds, assertRejects } from '../assertions.ts';
import { clause } from '../clause-test.ts';
import { type ConformanceGroup, defineGroup } from '../group.ts';
import { assertHolds, bytes, drain, fill, record } from '../records.ts';
import { trimmedReaderTests } from './trim-readers.ts';

/** Discarding ids at the start, and what it means to who reads them (TRIM-1 … 4, ITERATE-11). */
export const trimGroup: ConformanceGroup = defineGroup('trim', [
  ...[0, 1, 3, 4].map((k) =>
    clause('TRIM-1', `trim(${k}) of 1 … 5 discards exactly the ids up to ${k}`, async (subject) => {
      const log = await subject.place.open();
      const records = await fill(log, 5);
      await log.trim(k);
      await assertHolds(log, records.slice(k), 6, 'the rest');
      if (k > 0) {
        await assertRejects(() => log.get(k), 'ERR_LOG_TRIMMED', `get(${k})`, { firstId: k + 1 });
      }
      assertEqual((await log.get(k + 1)).id, k + 1, `get(${k + 1})`);
      const more = await fill(log, 2);
      await assertHolds(log, [...records.slice(k), ...more], 8, 'with more');
    }),
  ),

  clause('TRIM-1', 'discards a part of a batch, id by id', async ({ place }) => {
    const log = await place.open({ firstId: 0 });
    const texts = ['a', 'b', 'c', 'd', 'e', 'f'];
    const records = texts.map((text, id) => record(id, text));
    await log.append(texts.map(bytes));
    for (let k = 0; k < 6; k++) {
      await log.trim(k);
      await assertHolds(log, records.slice(k + 1), 6, `after trim(${k})`);
    }
  }),

  clause('TRIM-2', 'trim of all empties the log and keeps nextId', async ({ place }) => {
    const log = await place.open();
    await fill(log, 5);
    await log.trim(5);
    await assertHolds(log, [], 6, 'after trim(5)');
    await assertHolds(log, await fill(log, 1), 7, 'with another record');
  }),

  clause('TRIM-2', 'trim beyond the end sets nextId to k + 1', async ({ place }) => {
    const log = await place.open();
    await fill(log, 5);
    await log.trim(100);
    await assertHolds(log, [], 101, 'after trim(100)');
    const append = await log.append({ id: 101, data: bytes('record 101') });
    assertEqual(append, { firstId: 101, lastId: 101 }, 'the next append');
    await assertHolds(log, [record(101, 'record 101')], 102, 'with it');
  }),

  clause('TRIM-2', 'trim of a new log sets nextId to k + 1, if that is more', async ({ place }) => {
    const log = await place.open({ firstId: 5 });
    await log.trim(3);
    await assertHolds(log, [], 5, 'after trim(3)');
    await log.trim(4);
    await assertHolds(log, [], 5, 'after trim(4)');
    await log.trim(5);
    await assertHolds(log, [], 6, 'after trim(5)');
    await log.trim(2 ** 40);
    await assertHolds(log, [], 2 ** 40 + 1, 'after trim(2^40)');
    await assertHolds(log, await fill(log, 2), 2 ** 40 + 3, 'with records');
  }),

  clause('TRIM-3', 'a trimmed id stays trimmed after a truncate below it', async ({ place }) => {
    const log = await place.open();
    await fill(log, 6);
    await log.trim(4);
    await log.truncate(2);
    await assertHolds(log, [], 5, 'after truncate(2)');
    for (const id of [1, 2, 3, 4]) {
      await assertRejects(() => log.get(id), 'ERR_LOG_TRIMMED', `get(${id})`, { firstId: 5 });
    }
    const more = await fill(log, 2, 'new');
    await assertHolds(log, more, 7, 'with new records');
    await log.truncate(-1);
    await assertHolds(log, [], 5, 'after truncate(-1)');
    const old = (): unknown => log.append({ id: 4, data: bytes('x') });
    await assertRejects(old, 'ERR_LOG_NON_SEQUENTIAL', 'a trimmed id', { expectedId: 5 });
  }),

  clause('TRIM-3', 'ids trimmed before they were written stay trimmed', async ({ place }) => {
    const log = await place.open();
    await log.trim(3);
    const records = await fill(log, 2);
    await log.truncate(-1);
    await assertHolds(log, [], 4, 'after truncate(-1)');
    assertEqual(records[0]?.id, 4, 'the first id after the trim');
    await assertRejects(() => log.get(3), 'ERR_LOG_TRIMMED', 'get(3)', { firstId: 4 });
  }),

  clause('TRIM-4', 'twice is as once, and a lower trim changes nothing', async ({ place }) => {
    const log = await place.open();
    const records = await fill(log, 6);
    await log.trim(4);
    for (const k of [4, 3, 1, 0]) {
      await log.trim(k);
      await assertHolds(log, records.slice(4), 7, `trim(${k}) after trim(4)`);
      await assertRejects(() => log.get(k), 'ERR_LOG_TRIMMED', `get(${k})`, { firstId: 5 });
    }
    await Promise.all([log.trim(5), log.trim(2), log.trim(5)]);
    await assertHolds(log, records.slice(5), 7, 'at once');
    await log.trim(20);
    await log.trim(10);
    await assertHolds(log, [], 21, 'trim(10) after trim(20)');
  }),

  clause('TRIM-4', 'what was trimmed is gone when it resolves', async ({ place }) => {
    const log = await place.open();
    await fill(log, 3);
    const trim = log.trim(2);
    await trim;
    assertIds(log, [3, 3, 4], 'at once');
    await assertRejects(() => log.get(2), 'ERR_LOG_TRIMMED', 'get(2) at once', { firstId: 3 });
    assertEqual((await drain(log.iterator({ start: 1 })))[0]?.id, 3, 'the first iterated');
  }),

  ...trimmedReaderTests,
]);
