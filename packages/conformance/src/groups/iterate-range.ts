import { MAX_RECORD_ID } from '@wal/core';
import { assertEqual, assertRecords } from '../assertions.ts';
import { type ClauseTest, clause } from '../clause-test.ts';
import { assertDone, assertNext, drain, drainRuns, fill, record, take } from '../records.ts';

/** What part of the log 3 … 7 these options give. */
const RANGES: readonly [start: number | undefined, end: number | undefined, ids: number[]][] = [
  [undefined, undefined, [3, 4, 5, 6, 7]],
  [0, undefined, [3, 4, 5, 6, 7]],
  [2, undefined, [3, 4, 5, 6, 7]],
  [3, undefined, [3, 4, 5, 6, 7]],
  [4, undefined, [4, 5, 6, 7]],
  [7, undefined, [7]],
  [8, undefined, []],
  [9, undefined, []],
  [MAX_RECORD_ID, undefined, []],
  [undefined, 0, []],
  [undefined, 2, []],
  [undefined, 3, [3]],
  [undefined, 6, [3, 4, 5, 6]],
  [undefined, 7, [3, 4, 5, 6, 7]],
  [undefined, 8, [3, 4, 5, 6, 7]],
  [undefined, MAX_RECORD_ID, [3, 4, 5, 6, 7]],
  [4, 6, [4, 5, 6]],
  [5, 5, [5]],
  [1, 2, []],
  [0, 3, [3]],
  [6, 5, []],
  [7, 0, []],
  [8, 9, []],
  [MAX_RECORD_ID, MAX_RECORD_ID, []],
];

/** Where an iterator begins and ends (ITERATE-2, 3). */
export const rangeTests: readonly ClauseTest[] = [
  clause('ITERATE-2', 'start and end choose the records, by next', async ({ place }) => {
    const log = await place.open();
    await fill(log, 7);
    await log.trim(2);
    for (const [start, end, ids] of RANGES) {
      const given = await drain(log.iterator({ start, end }));
      assertEqual(
        given.map(({ id }) => id),
        ids,
        `ids from start ${start} to end ${end}`,
      );
    }
  }),

  clause('ITERATE-2', 'start and end choose the records, by nextBatch', async ({ place }) => {
    const log = await place.open({ firstId: 3 });
    await fill(log, 5);
    for (const [start, end, ids] of RANGES) {
      const given = await drainRuns(log.iterator({ start, end }));
      assertEqual(
        given.map(({ id }) => id),
        ids,
        `ids from start ${start} to end ${end}`,
      );
    }
  }),

  clause('ITERATE-3', 'ends at the last record durable when it gets there', async ({ place }) => {
    const log = await place.open();
    await fill(log, 2);
    const iterator = log.iterator();
    await take(iterator);
    const later = await fill(log, 2);
    await assertNext(iterator, record(2, 'record 2'), 'before what came later');
    assertRecords(await drain(iterator), later, 'what came later');
    await fill(log, 1);
    await assertDone(iterator, 'after the end');
  }),

  clause('ITERATE-3', 'end is inclusive and holds for records that come later', async (subject) => {
    const log = await subject.place.open();
    const [first] = await fill(log, 1);
    const iterator = log.iterator({ end: 3 });
    await assertNext(iterator, first as NonNullable<typeof first>, 'the first');
    await fill(log, 4);
    assertEqual(
      (await drain(iterator)).map(({ id }) => id),
      [2, 3],
      'up to its end',
    );
  }),
];
