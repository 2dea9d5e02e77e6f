import { MAX_RECORD_ID } from '@wal/core';
import { assertBytes, assertEqual, assertIds, assertRecord, assertRejects } from '../assertions.ts';
import { clause, clauseNeeding, failingAppends } from '../clause-test.ts';
import { type ConformanceGroup, defineGroup } from '../group.ts';
import { bytes, fill, pattern, read, record } from '../records.ts';

/** Reading one record (READ-1 … 4). */
export const getGroup: ConformanceGroup = defineGroup('get', [
  clause('READ-1', 'what was truncated or trimmed is not visible any more', async ({ place }) => {
    const log = await place.open();
    await fill(log, 6);
    await log.truncate(4);
    await log.trim(2);
    await assertRejects(() => log.get(5), 'ERR_LOG_NOT_FOUND', 'a truncated record');
    await assertRejects(() => log.get(2), 'ERR_LOG_TRIMMED', 'a trimmed record');
    assertEqual(
      (await read(log)).map(({ id }) => id),
      [3, 4],
      'iterated',
    );
    assertIds(log, [3, 4, 5], 'ids of the log');
  }),

  clauseNeeding(
    failingAppends,
    'READ-1',
    'an append that failed never becomes visible',
    async ({ place, capabilities }) => {
      const log = await place.open();
      await fill(log, 2);
      const stopFailing = capabilities.failAppends?.(place);
      const appends = [log.append(bytes('c')), log.append([bytes('d'), bytes('e')])];
      const outcomes = await Promise.allSettled(appends);
      assertEqual(
        outcomes.map(({ status }) => status),
        ['rejected', 'rejected'],
        'the appends',
      );
      assertEqual(log.lastId, 2, 'lastId');
      assertEqual((await read(log)).length, 2, 'records iterated');
      await assertRejects(() => log.get(3), 'ERR_LOG_NOT_FOUND', 'get of the record that failed');
      stopFailing?.();
      assertEqual(log.lastId, 2, 'lastId when storage works again');
    },
  ),

  clause('READ-2', 'get gives the id and bytes of any stored record', async ({ place }) => {
    const log = await place.open({ firstId: 100 });
    const expected = await fill(log, 50);
    for (const wanted of [...expected].reverse()) {
      assertRecord(await log.get(wanted.id), wanted, `get(${wanted.id})`);
    }
    const all = await Promise.all(expected.map(({ id }) => log.get(id)));
    for (const [i, wanted] of expected.entries()) assertRecord(all[i], wanted, 'gets at once');
  }),

  clause(
    'READ-2',
    'get gives the new record once a truncated id is taken again',
    async (subject) => {
      const log = await subject.place.open();
      await fill(log, 3, 'old');
      assertRecord(await log.get(3), record(3, 'old 3'), 'before');
      await log.truncate(1);
      await fill(log, 2, 'new');
      assertRecord(await log.get(2), record(2, 'new 2'), 'after');
      assertRecord(await log.get(3), record(3, 'new 3'), 'after');
    },
  ),

  clause('READ-3', 'get of an id not written rejects NOT_FOUND with nextId', async ({ place }) => {
    const log = await place.open();
    for (const id of [1, 2, 1000, MAX_RECORD_ID]) {
      const fields = { nextId: 1 };
      await assertRejects(() => log.get(id), 'ERR_LOG_NOT_FOUND', `get(${id}), new log`, fields);
    }
    await fill(log, 3);
    for (const id of [4, 5, MAX_RECORD_ID]) {
      const fields = { nextId: 4 };
      await assertRejects(() => log.get(id), 'ERR_LOG_NOT_FOUND', `get(${id})`, fields);
    }
    await log.truncate(1);
    for (const id of [2, 3, 4]) {
      const fields = { nextId: 2 };
      await assertRejects(() => log.get(id), 'ERR_LOG_NOT_FOUND', `get(${id}), truncated`, fields);
    }
  }),

  clause('READ-3', 'get of a trimmed id rejects TRIMMED with firstId', async ({ place }) => {
    const log = await place.open();
    await fill(log, 5);
    await log.trim(3);
    for (const id of [0, 1, 2, 3]) {
      await assertRejects(() => log.get(id), 'ERR_LOG_TRIMMED', `get(${id})`, { firstId: 4 });
    }
    await log.trim(5);
    for (const id of [1, 4, 5]) {
      const fields = { firstId: 6 };
      await assertRejects(() => log.get(id), 'ERR_LOG_TRIMMED', `get(${id}), trim-all`, fields);
    }
    await assertRejects(() => log.get(6), 'ERR_LOG_NOT_FOUND', 'get(6)', { nextId: 6 });
    await log.trim(100);
    for (const id of [5, 6, 100]) {
      const fields = { firstId: 101 };
      await assertRejects(() => log.get(id), 'ERR_LOG_TRIMMED', `get(${id}), beyond`, fields);
    }
    await assertRejects(() => log.get(101), 'ERR_LOG_NOT_FOUND', 'get(101)', { nextId: 101 });
  }),

  clause('READ-3', 'ids below the first id of a new log count as trimmed', async ({ place }) => {
    const log = await place.open({ firstId: 10 });
    for (const id of [0, 1, 9]) {
      await assertRejects(() => log.get(id), 'ERR_LOG_TRIMMED', `get(${id})`, { firstId: 10 });
    }
    await assertRejects(() => log.get(10), 'ERR_LOG_NOT_FOUND', 'get(10)', { nextId: 10 });
  }),

  clause('READ-4', 'the bytes of get stay when their record is trimmed', async ({ place }) => {
    const log = await place.open();
    await log.append([pattern(3000, 1), pattern(10, 2)]);
    await log.append(pattern(500, 3));
    const held = await Promise.all([1, 2, 3].map((id) => log.get(id)));
    await log.trim(2);
    await log.append([pattern(3000, 4), pattern(10, 5), pattern(500, 6)]);
    await log.trim(1000);
    await fill(log, 20);
    for (const [i, size] of [3000, 10, 500].entries()) {
      assertBytes(held[i]?.data, pattern(size, i + 1), `the bytes held of record ${i + 1}`);
    }
  }),

  clause('READ-4', 'the bytes of get stay, whatever the log does next', async ({ place }) => {
    const log = await place.open();
    await log.append([pattern(3000, 1), pattern(10, 2), pattern(0, 3), pattern(500, 4)]);
    const held = await Promise.all([1, 2, 3, 4].map((id) => log.get(id)));
    await log.truncate(0);
    await log.append([pattern(3000, 5), pattern(10, 6), pattern(7, 7), pattern(500, 8)]);
    await read(log);
    await log.trim(2);
    await fill(log, 50);
    await read(log);
    await log.close();
    for (const [i, size] of [3000, 10, 0, 500].entries()) {
      assertBytes(held[i]?.data, pattern(size, i + 1), `the bytes held of record ${i + 1}`);
    }
  }),
]);
