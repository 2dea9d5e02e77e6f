import type { Log, LogRecord } from '@wal/core';
import { assertEqual, assertIds, assertRejects } from '../assertions.ts';
import { clauseNeeding, reopening } from '../clause-test.ts';
import { type ConformanceGroup, defineGroup } from '../group.ts';
import { assertHolds, bytes, fill, pattern, read } from '../records.ts';
import { exclusionTests } from './exclusion.ts';

/** What is there when a log is opened again, and who may open it (OPEN-1 … 3, and what must survive). */
export const reopenGroup: ConformanceGroup = defineGroup('reopen', [
  clauseNeeding(reopening, 'OPEN-1', 'a reopened log is as it was', async ({ place }) => {
    let log = await place.open();
    const records: LogRecord[] = [];
    for (let round = 1; round <= 3; round++) {
      records.push(...(await fill(log, 5, `round ${round}`)));
      await log.trim(2 * round);
      await log.truncate(5 * round - round);
      records.length = 5 * round - round;
      await log.close();
      log = await place.open();
      await assertHolds(log, records.slice(2 * round), records.length + 1, `round ${round}`);
      await assertRejects(() => log.get(2 * round), 'ERR_LOG_TRIMMED', `round ${round}`, {
        firstId: 2 * round + 1,
      });
      records.push(...(await fill(log, round)));
    }
  }),

  clauseNeeding(reopening, 'OPEN-1', 'a new log stays new', async ({ place }) => {
    for (let round = 0; round < 3; round++) {
      const log = await place.open();
      await assertHolds(log, [], 1, 'an empty log');
      await log.close();
    }
    const log = await place.open();
    await assertHolds(log, await fill(log, 2), 3, 'with records');
  }),

  clauseNeeding(
    reopening,
    'APPEND-1',
    'what was appended is there when reopened',
    async (subject) => {
      const { place } = subject;
      const before = await place.open({ firstId: 0 });
      const data = [pattern(0, 1), pattern(1, 2), pattern(5000, 3), pattern(70_000, 4)];
      await before.append(data);
      for (const one of data) await before.append(one);
      await before.close();
      const expected = [...data, ...data].map((one, id) => ({ id, data: one }));
      await assertHolds(await place.open(), expected, 8, 'reopened');
    },
  ),

  clauseNeeding(
    reopening,
    'APPEND-1',
    'appends go on after reopening, many times',
    async (subject) => {
      const { place } = subject;
      const expected: LogRecord[] = [];
      for (let round = 0; round < 6; round++) {
        const log = await place.open();
        await assertHolds(log, expected, 3 * round + 1, `opened ${round} times`);
        expected.push(...(await fill(log, 3)));
        await log.close();
      }
    },
  ),

  clauseNeeding(reopening, 'IDS-4', 'nextId survives close and reopen', async ({ place }) => {
    const steps: readonly [string, (log: Log) => Promise<unknown>, number][] = [
      ['five records', (log) => fill(log, 5), 6],
      ['trim-all', (log) => log.trim(5), 6],
      ['truncate(-1)', (log) => log.truncate(-1), 6],
      ['two records', (log) => fill(log, 2), 8],
      ['truncate-all', (log) => log.truncate(-1), 6],
      ['trim beyond the end', (log) => log.trim(50), 51],
      ['a record and its truncate', (log) => fill(log, 1).then(() => log.truncate(0)), 51],
    ];
    for (const [what, step, nextId] of steps) {
      const log = await place.open();
      await step(log);
      await log.close();
      const again = await place.open();
      assertEqual(again.nextId, nextId, `nextId after ${what}, reopened`);
      await again.close();
    }
    const log = await place.open();
    assertEqual(await log.append(bytes('x')), { firstId: 51, lastId: 51 }, 'the next append');
  }),

  clauseNeeding(reopening, 'TRUNCATE-4', 'a truncate holds across reopening', async ({ place }) => {
    let log = await place.open();
    const records = await fill(log, 8);
    await log.truncate(5);
    const more = await fill(log, 1, 'new');
    await log.close();
    log = await place.open();
    await assertHolds(log, [...records.slice(0, 5), ...more], 7, 'reopened');
    for (const id of [7, 8]) {
      await assertRejects(() => log.get(id), 'ERR_LOG_NOT_FOUND', `get(${id})`, { nextId: 7 });
    }
    await log.truncate(3);
    await log.close();
    log = await place.open();
    await assertHolds(log, records.slice(0, 3), 4, 'reopened again');
  }),

  clauseNeeding(
    reopening,
    'TRIM-3',
    'a trimmed id stays trimmed when reopened',
    async (subject) => {
      const { place } = subject;
      let log = await place.open();
      await fill(log, 6);
      await log.trim(4);
      await log.truncate(1);
      await log.close();
      log = await place.open();
      await assertHolds(log, [], 5, 'trimmed and truncated, reopened');
      await log.truncate(-1);
      for (const id of [0, 1, 4]) {
        await assertRejects(() => log.get(id), 'ERR_LOG_TRIMMED', `get(${id})`, { firstId: 5 });
      }
      await assertHolds(log, await fill(log, 1), 6, 'with a new record');
    },
  ),

  clauseNeeding(
    reopening,
    'TRIM-4',
    'a trim holds across reopening, to the id',
    async (subject) => {
      const { place } = subject;
      const texts = Array.from({ length: 10 }, (_, i) => bytes(`r${i + 1}`));
      let log = await place.open();
      await log.append(texts);
      const records = await read(log);
      for (const k of [1, 4, 9, 10, 30]) {
        await log.trim(k);
        await log.close();
        log = await place.open();
        await assertHolds(log, records.slice(k), Math.max(11, k + 1), `trim(${k}), reopened`);
        const fields = { firstId: k + 1 };
        await assertRejects(() => log.get(k), 'ERR_LOG_TRIMMED', `get(${k})`, fields);
      }
    },
  ),

  clauseNeeding(reopening, 'OPEN-3', 'firstId counts at creation only', async ({ place }) => {
    let log = await place.open({ firstId: 5 });
    await log.close();
    log = await place.open({ firstId: 9 });
    assertIds(log, [undefined, undefined, 5], 'an empty log opened with another firstId');
    const records = await fill(log, 2);
    await log.close();
    log = await place.open({ firstId: 1 });
    await assertHolds(log, records, 7, 'a log with records opened with another firstId');
    await log.close();
    log = await place.open();
    await assertHolds(log, records, 7, 'opened without one');
    await assertRejects(() => log.get(4), 'ERR_LOG_TRIMMED', 'get(4)', { firstId: 5 });
  }),

  ...exclusionTests,
]);
