import { MAX_RECORD_ID } from '@wal/core';
import { assertEqual, assertIds, assertRejects } from '../assertions.ts';
import { clause } from '../clause-test.ts';
import { type ConformanceGroup, defineGroup } from '../group.ts';
import { assertHolds, bytes, fill, recordsFrom } from '../records.ts';

/** Ids: where they start, how they follow one another, and what an explicit id must be (IDS-1 … 6). */
export const orderGroup: ConformanceGroup = defineGroup('order', [
  clause('IDS-1', 'a new log is empty and starts at 1', async ({ place }) => {
    const log = await place.open();
    await assertHolds(log, [], 1, 'a new log');
    assertEqual(await log.append(bytes('a')), { firstId: 1, lastId: 1 }, 'the first append');
    await assertHolds(log, recordsFrom(1, 'a'), 2, 'after the first append');
  }),

  ...[0, 1, 2, 1000, 2 ** 32 - 1, 2 ** 32, 2 ** 52].map((firstId) =>
    clause('IDS-1', `a new log starts at its firstId option: ${firstId}`, async ({ place }) => {
      const log = await place.open({ firstId });
      await assertHolds(log, [], firstId, 'a new log');
      const result = await log.append([bytes('a'), bytes('b')]);
      assertEqual(result, { firstId, lastId: firstId + 1 }, 'the first append');
      assertIds(log, [firstId, firstId + 1, firstId + 2], 'after the first append');
      assertEqual((await log.get(firstId)).id, firstId, 'get of the first id');
    }),
  ),

  clause('IDS-1', 'the largest id can be the first', async ({ place }) => {
    const log = await place.open({ firstId: MAX_RECORD_ID });
    assertIds(log, [undefined, undefined, MAX_RECORD_ID], 'a new log');
    const result = await log.append(bytes('a'));
    assertEqual(result, { firstId: MAX_RECORD_ID, lastId: MAX_RECORD_ID }, 'the only append');
    assertEqual(log.firstId, MAX_RECORD_ID, 'firstId');
    assertEqual(log.lastId, MAX_RECORD_ID, 'lastId');
  }),

  clause('IDS-2', 'firstId and lastId follow appends, trims and truncates', async ({ place }) => {
    const log = await place.open();
    await fill(log, 5);
    assertIds(log, [1, 5, 6], 'five records');
    await log.trim(2);
    assertIds(log, [3, 5, 6], 'after trim(2)');
    await log.truncate(4);
    assertIds(log, [3, 4, 5], 'after truncate(4)');
    await log.trim(4);
    assertIds(log, [undefined, undefined, 5], 'after trim(4)');
    await fill(log, 1);
    assertIds(log, [5, 5, 6], 'after another append');
    await log.truncate(-1);
    assertIds(log, [undefined, undefined, 5], 'after truncate(-1)');
  }),

  clause('IDS-3', 'nextId is right at once after every call', async ({ place }) => {
    const log = await place.open();
    const calls: Promise<unknown>[] = [];
    const call = (made: Promise<unknown>, nextId: number, what: string): void => {
      calls.push(made);
      assertEqual(log.nextId, nextId, `nextId at once after ${what}`);
    };
    call(log.append(bytes('a')), 2, 'append of one');
    call(log.append([bytes('b'), bytes('c'), bytes('d')]), 5, 'append of three');
    call(log.append([]), 5, 'append of none');
    call(log.truncate(2), 3, 'truncate(2) of what is in flight');
    call(log.truncate(2), 3, 'the same truncate');
    call(log.append(bytes('e')), 4, 'append after it');
    call(log.trim(2), 4, 'trim(2)');
    call(log.trim(9), 10, 'trim(9), beyond the end');
    call(log.append(bytes('f')), 11, 'append after trim(9)');
    call(log.truncate(3), 10, 'truncate(3), below the trim mark');
    await Promise.all(calls);
    await assertHolds(log, [], 10, 'after all of it');
  }),

  clause('IDS-3', 'nextId is what the next append gets', async ({ place }) => {
    const log = await place.open({ firstId: 0 });
    for (const count of [1, 3, 1, 2]) {
      const { nextId } = log;
      const batch = Array.from({ length: count }, (_, i) => bytes(`${i}`));
      assertEqual((await log.append(batch)).firstId, nextId, `append of ${count}`);
    }
    assertIds(log, [0, 6, 7], 'after seven records');
  }),

  clause('IDS-4', 'nextId survives trim-all and truncate-all', async ({ place }) => {
    const log = await place.open();
    await fill(log, 3);
    await log.trim(3);
    assertIds(log, [undefined, undefined, 4], 'after trim-all');
    await log.truncate(-1);
    assertIds(log, [undefined, undefined, 4], 'after truncate(-1) of the empty log');
    const [record] = await fill(log, 1);
    assertEqual(record?.id, 4, 'the id after trim-all');
    await log.truncate(0);
    assertIds(log, [undefined, undefined, 4], 'after truncate-all');
    await assertHolds(log, await fill(log, 2), 6, 'after two more');
  }),

  clause('IDS-5', 'record i of a batch gets firstId + i, in call order', async ({ place }) => {
    const log = await place.open();
    const calls = [
      log.append([bytes('a'), bytes('b')]),
      log.append(bytes('c')),
      log.append([bytes('d'), bytes('e'), bytes('f')]),
    ];
    const expected = [
      { firstId: 1, lastId: 2 },
      { firstId: 3, lastId: 3 },
      { firstId: 4, lastId: 6 },
    ];
    assertEqual(await Promise.all(calls), expected, 'the ids that were given');
    await assertHolds(log, recordsFrom(1, 'a', 'b', 'c', 'd', 'e', 'f'), 7, 'all of them');
  }),

  clause('IDS-6', 'the next id may be given explicitly', async ({ place }) => {
    const log = await place.open({ firstId: 7 });
    const calls = [
      log.append({ id: 7, data: bytes('a') }),
      log.append([{ id: 8, data: bytes('b') }, bytes('c'), { id: 10, data: bytes('d') }]),
      log.append({ id: undefined, data: bytes('e') }),
      log.append({ id: log.nextId, data: bytes('f') }),
    ];
    await Promise.all(calls);
    await assertHolds(log, recordsFrom(7, 'a', 'b', 'c', 'd', 'e', 'f'), 13, 'all of them');
  }),

  ...[0, 1, 3, 5, 6, MAX_RECORD_ID].map((id) =>
    clause('IDS-6', `an explicit id that is not the next is refused: ${id}`, async ({ place }) => {
      const log = await place.open();
      const expected = await fill(log, 3);
      const call = (): unknown => log.append({ id, data: bytes('x') });
      await assertRejects(call, 'ERR_LOG_NON_SEQUENTIAL', `id ${id}`, { expectedId: 4 });
      await assertHolds(log, expected, 4, 'after the refusal');
    }),
  ),

  clause('IDS-6', 'a batch with one wrong id is refused whole', async ({ place }) => {
    const log = await place.open();
    const expected = await fill(log, 2);
    const x = bytes('x');
    const batches: [Parameters<typeof log.append>[0], number][] = [
      [[x, { id: 5, data: x }, x], 4],
      [
        [
          { id: 3, data: x },
          { id: 3, data: x },
        ],
        4,
      ],
      [[x, x, { id: 4, data: x }], 5],
      [
        [
          { id: 4, data: x },
          { id: 5, data: x },
        ],
        3,
      ],
    ];
    for (const [batch, expectedId] of batches) {
      const what = `a batch whose id ${expectedId} is wrong`;
      await assertRejects(() => log.append(batch), 'ERR_LOG_NON_SEQUENTIAL', what, { expectedId });
      await assertHolds(log, expected, 3, what);
    }
  }),

  clause('IDS-6', 'ids in flight and truncated ids count for an explicit id', async ({ place }) => {
    const log = await place.open();
    const x = bytes('x');
    const first = log.append([x, x, x]);
    const again = (): unknown => log.append({ id: 1, data: x });
    await assertRejects(again, 'ERR_LOG_NON_SEQUENTIAL', 'id 1 again', { expectedId: 4 });
    await first;
    const truncate = log.truncate(1);
    const old = (): unknown => log.append({ id: 4, data: x });
    await assertRejects(old, 'ERR_LOG_NON_SEQUENTIAL', 'the old next id', { expectedId: 2 });
    await Promise.all([truncate, log.append({ id: 2, data: x })]);
    assertIds(log, [1, 2, 3], 'after it');
  }),
]);
