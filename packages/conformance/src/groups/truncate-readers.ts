import type { Log, LogRecord } from '@wal/core';
import { assertRecord, assertRejects } from '../assertions.ts';
import { type ClauseTest, clause } from '../clause-test.ts';
import { assertDone, assertNext, drain, fill, record, takeMany } from '../records.ts';
import { assertOvertaken } from './overtaken.ts';

/** What a truncate means to who reads (ITERATE-9, 10). */
export const truncatedReaderTests: readonly ClauseTest[] = [
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
        await fill(log, 1);
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
];

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
