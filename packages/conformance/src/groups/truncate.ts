import { type Log, type LogRecord, MAX_RECORD_ID } from '@wal/core';
import { assertIds, assertRecord, assertRejects } from '../assertions.ts';
import { clause, clauseNeeding, reopening } from '../clause-test.ts';
import type { LogPlace } from '../fixture.ts';
import { type ConformanceGroup, defineGroup } from '../group.ts';
import {
  assertDone,
  assertHolds,
  assertNext,
  bytes,
  drain,
  fill,
  record,
  takeMany,
} from '../records.ts';
import { assertOvertaken } from './overtaken.ts';

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

  clause('ITERATE-9', 'a truncate of what was given rejects TRUNCATED', async ({ place }) => {
    const log = await place.open();
    await fill(log, 10);
    for (const step of ['next', 'nextBatch'] as const) {
      const iterator = log.iterator();
      await takeMany(iterator, 5);
      await log.truncate(3);
      await assertRejects(() => iterator[step](), 'ERR_LOG_TRUNCATED', step, { lastId: 3 });
      await fill(log, 7);
      await assertRejects(() => iterator.next(), 'ERR_LOG_TRUNCATED', 'later', { lastId: 3 });
    }
  }),

  clause('ITERATE-9', 'also when new records have taken the ids', async ({ place }) => {
    const log = await place.open();
    await fill(log, 10);
    for (const step of ['next', 'nextBatch'] as const) {
      const [halfWay, atEnd] = [log.iterator(), log.iterator({ follow: true })];
      await takeMany(halfWay, 4);
      await takeMany(atEnd, 10);
      const untouched = log.iterator();
      await takeMany(untouched, 3);
      await log.truncate(3);
      await fill(log, 7, `again ${step}`);
      for (const iterator of [halfWay, atEnd]) {
        await assertRejects(() => iterator[step](), 'ERR_LOG_TRUNCATED', step, { lastId: 3 });
      }
      await assertNext(untouched, record(4, `again ${step} 4`), 'an iterator at the last kept');
    }
  }),

  clause(
    'ITERATE-9',
    'also after the iterator had reached the end of a part',
    async ({ place }) => {
      const log = await place.open();
      await fill(log, 4);
      const iterator = log.iterator();
      await iterator.nextBatch();
      await log.truncate(-1);
      await assertRejects(() => iterator.next(), 'ERR_LOG_TRUNCATED', 'an emptied log');
    },
  ),

  clause(
    'ITERATE-9',
    'a truncate under way is noticed at whatever moment it comes',
    async (subject) => {
      const log = await subject.place.open();
      for (let delay = 0; delay < 40; delay++) {
        await log.truncate(0);
        await fill(log, 3, `old ${delay}`);
        await assertOvertaken(log, delay);
      }
    },
  ),

  clause('ITERATE-10', 'records not given yet are not given any more', async ({ place }) => {
    const log = await place.open();
    await fill(log, 10);
    for (const given of [1, 3, 5]) {
      const iterator = log.iterator();
      await takeMany(iterator, given);
      await log.truncate(5);
      await assertRest(log, iterator, given);
      await fill(log, 5);
    }
  }),

  clause(
    'ITERATE-10',
    'it goes on with the new records after the last given',
    async ({ place }) => {
      const log = await place.open();
      await fill(log, 10);
      const byNext = log.iterator();
      const byBatch = log.iterator();
      const fresh = log.iterator();
      await takeMany(byNext, 2);
      await takeMany(byBatch, 2);
      await log.truncate(4);
      await fill(log, 3, 'new');
      const expected = ['record 3', 'record 4', 'new 5', 'new 6', 'new 7'];
      for (const [i, text] of expected.entries()) {
        await assertNext(byNext, record(i + 3, text), 'by next');
      }
      await assertDone(byNext, 'at the end');
      const rest = await drain(byBatch);
      assertRecord(rest.at(-1), record(7, 'new 7'), 'the last, of a second iterator');
      assertRecord((await drain(fresh)).at(4), record(5, 'new 5'), 'one that had given nothing');
    },
  ),

  clause('ITERATE-10', 'a truncate that removes nothing is not noticed', async ({ place }) => {
    const log = await place.open();
    await fill(log, 5);
    const followers = [log.iterator({ follow: true }), log.iterator({ follow: true })];
    for (const iterator of followers) await takeMany(iterator, 5);
    await log.truncate(5);
    await log.trim(5);
    await log.truncate(2);
    const [later] = await fill(log, 1);
    for (const iterator of followers) {
      await assertNext(iterator, later as LogRecord, 'after truncates that removed nothing');
      await iterator.return();
    }
  }),

  clause('ITERATE-10', 'what was trimmed does not count as truncated', async ({ place }) => {
    const log = await place.open();
    await fill(log, 7);
    const iterator = log.iterator();
    await takeMany(iterator, 5);
    await log.trim(5);
    await log.truncate(-1);
    const [later] = await fill(log, 1, 'new');
    await assertNext(iterator, later as LogRecord, 'the new record after the last given');
    await assertDone(iterator, 'at the end');
  }),
]);

async function reopen(log: Log, place: LogPlace): Promise<Log> {
  await log.close();
  return place.open();
}

async function assertRest(
  log: Log,
  iterator: ReturnType<Log['iterator']>,
  given: number,
): Promise<void> {
  for (let id = given + 1; id <= 5; id++) {
    await assertNext(iterator, record(id, `record ${id}`), 'what the truncate kept');
  }
  await assertDone(iterator, `after the last kept, nextId ${log.nextId}`);
}
