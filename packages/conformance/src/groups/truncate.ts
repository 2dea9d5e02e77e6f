import { type Log, type LogRecord, MAX_RECORD_ID } from '@wal/core';
import { assertIds, assertRecord, assertRejects } from '../assertions.ts';
import { clause, clauseNeeding, reopening } from '../clause-test.ts';
import type { LogPlace } from '../fixture.ts';
import { type ConformanceGroup, defineGroup } from '../group.ts';
import { assertHolds, bytes, fill, record } from '../records.ts';
import { truncatedReaderTests } from './truncate-readers.ts';

const texts = (...all: readonly string[]): Uint8Array[] => all.map(bytes);

/** Removing records at the end, and what it means to who reads them (TRUNCATE-1 … 5, ITERATE-9, 10). */
export const truncateGroup: ConformanceGroup = defineGroup('truncate', [
  ...[-1, 0, 1, 2, 4].map((k) =>
    clause('TRUNCATE-1', `truncate(${k}) of 1 … 5 removes all above ${k}`, async ({ place }) => {
      const log = await place.open();
      const records = await fill(log, 5);
      await log.truncate(k);
      const kept = records.slice(0, Math.max(k, 0));
      await assertHolds(log, kept, Math.max(k, 0) + 1, 'what it kept');
      const more = await fill(log, 2, 'new');
      await assertHolds(log, [...kept, ...more], Math.max(k, 0) + 3, 'with new records');
    }),
  ),

  clause('TRUNCATE-1', 'removes a part of a batch, and of many', async ({ place }) => {
    const log = await place.open();
    await log.append(texts('a', 'b', 'c'));
    await log.append(texts('d', 'e', 'f'));
    await log.append(texts('g', 'h'));
    await log.truncate(5);
    await log.append(texts('F', 'G'));
    const expected = ['a', 'b', 'c', 'd', 'e', 'F', 'G'].map((text, i) => record(i + 1, text));
    await assertHolds(log, expected, 8, 'the rest and the new');
  }),

  clause('TRUNCATE-1', 'removes record 0 of a log that starts at 0', async ({ place }) => {
    const log = await place.open({ firstId: 0 });
    const records = await fill(log, 3);
    await log.truncate(0);
    await assertHolds(log, records.slice(0, 1), 1, 'after truncate(0)');
    await log.truncate(-1);
    await assertHolds(log, [], 0, 'after truncate(-1)');
    await assertHolds(log, await fill(log, 1, 'new'), 1, 'with a new record 0');
  }),

  clause('TRUNCATE-2', 'changes nothing where nothing is above', async ({ place }) => {
    const log = await place.open();
    for (const k of [-1, 0, 5, MAX_RECORD_ID]) {
      await log.truncate(k);
      await assertHolds(log, [], 1, `truncate(${k}) of a new log`);
    }
    const records = await fill(log, 5);
    for (const k of [5, 6, MAX_RECORD_ID]) {
      await log.truncate(k);
      await assertHolds(log, records, 6, `truncate(${k}) of 1 … 5`);
    }
    await log.trim(50);
    for (const k of [-1, 3, 50, 51]) {
      await log.truncate(k);
      await assertHolds(log, [], 51, `truncate(${k}) of a log trimmed to 50`);
    }
  }),

  clause('TRUNCATE-3', 'sets nextId to max(k + 1, trim mark + 1)', async ({ place }) => {
    const log = await place.open();
    for (const [k, nextId] of [
      [7, 8],
      [4, 5],
      [3, 4],
      [2, 4],
      [-1, 4],
    ] as const) {
      await fill(log, 9 - log.nextId);
      if (log.firstId === 1) await log.trim(3);
      await log.truncate(k);
      const firstId = nextId > 4 ? 4 : undefined;
      assertIds(log, [firstId, firstId && nextId - 1, nextId], `truncate(${k}) of 4 … 8`);
    }
    await assertHolds(log, await fill(log, 2, 'new'), 6, 'with new records');
  }),

  clause('TRUNCATE-4', 'a removed record is gone when it resolves', async ({ place }) => {
    const log = await place.open();
    await fill(log, 5);
    await log.truncate(2);
    for (const id of [3, 4, 5]) {
      await assertRejects(() => log.get(id), 'ERR_LOG_NOT_FOUND', `get(${id})`, { nextId: 3 });
    }
    await fill(log, 1, 'new');
    assertRecord(await log.get(3), record(3, 'new 3'), 'the new record 3');
    await assertRejects(() => log.get(4), 'ERR_LOG_NOT_FOUND', 'get(4)', { nextId: 4 });
  }),

  clause('TRUNCATE-4', 'a removed record does not come back round after round', async (subject) => {
    const log = await subject.place.open();
    const [first] = await fill(log, 1);
    for (let round = 0; round < 8; round++) {
      const records = await fill(log, 3 + (round % 3), `round ${round}`);
      await assertHolds(log, [first as LogRecord, ...records], 5 + (round % 3), 'the round');
      await log.truncate(1);
    }
    await assertHolds(log, [record(1, 'record 1')], 2, 'after the rounds');
  }),

  clauseNeeding(
    reopening,
    'TRUNCATE-4',
    'a removed record stays away when reopened',
    async (subject) => {
      const { place } = subject;
      let log = await place.open();
      const records = await fill(log, 5);
      await log.truncate(2);
      log = await reopen(log, place);
      await assertHolds(log, records.slice(0, 2), 3, 'reopened');
      const more = await fill(log, 1, 'new');
      log = await reopen(log, place);
      await assertHolds(log, [...records.slice(0, 2), ...more], 4, 'with a new record, reopened');
      await log.truncate(-1);
      log = await reopen(log, place);
      await assertHolds(log, [], 1, 'truncated to nothing, reopened');
    },
  ),

  clause('TRUNCATE-5', 'twice is as once', async ({ place }) => {
    const log = await place.open();
    const records = await fill(log, 5);
    await log.truncate(3);
    await log.truncate(3);
    await assertHolds(log, records.slice(0, 3), 4, 'one after the other');
    await Promise.all([log.truncate(1), log.truncate(1), log.truncate(1)]);
    await assertHolds(log, records.slice(0, 1), 2, 'at once');
  }),

  ...truncatedReaderTests,
]);

async function reopen(log: Log, place: LogPlace): Promise<Log> {
  await log.close();
  return place.open();
}
