import { MAX_RECORD_ID } from '@wal/core';
import { assertBytes, assertEqual, assertRejects } from '../assertions.ts';
import { batchLimit, clause, clauseNeeding, configurableLimit, reopening } from '../clause-test.ts';
import type { LogCapabilities } from '../fixture.ts';
import { type ConformanceGroup, defineGroup } from '../group.ts';
import { assertHolds, bytes, fill, pattern, record } from '../records.ts';

/** Larger records are not made here, to spare memory; a limit above is tested where it can be set. */
const MOST_BYTES = 64 * 1024 * 1024;

const x = (): Uint8Array => bytes('x');

/** How large records and batches can be, and how large ids (LIMITS-1 … 3, IDS-7). */
export const limitsGroup: ConformanceGroup = defineGroup('limits', [
  clauseNeeding(
    configurableLimit,
    'LIMITS-1',
    'a record of exactly maxRecordBytes is taken, one byte more is not',
    async ({ place }) => {
      const log = await place.open({ maxRecordBytes: 100 });
      const [exact, over] = [pattern(100, 1), pattern(101, 2)];
      const limit = { limit: 100 };
      await log.append(exact);
      await assertRejects(() => log.append(over), 'ERR_LOG_TOO_LARGE', '101 bytes', limit);
      for (const batch of [[over], [exact, over], [over, exact], [x(), { data: over }, x()]]) {
        await assertRejects(() => log.append(batch), 'ERR_LOG_TOO_LARGE', 'in a batch', limit);
        await assertHolds(log, [{ id: 1, data: exact }], 2, 'after the refusal');
      }
      await log.append([exact, exact, new Uint8Array(0)]);
      assertBytes((await log.get(3)).data, exact, 'a record of the limit in a batch');
    },
  ),

  clause('LIMITS-1', 'the limit that is not set holds too', async ({ place, capabilities }) => {
    const limit = testableLimit(capabilities);
    const log = await place.open();
    const expected = await fill(log, 1);
    if (limit === capabilities.maxRecordBytes) {
      const over = new Uint8Array(limit + 1);
      for (const input of [over, [x(), over]]) {
        const call = (): unknown => log.append(input);
        await assertRejects(call, 'ERR_LOG_TOO_LARGE', `${limit + 1} bytes`, { limit });
      }
      await assertHolds(log, expected, 2, 'after the refusal');
    }
    const large = new Uint8Array(limit);
    large.fill(7, limit - Math.min(limit, 1000));
    await log.append(large);
    assertBytes((await log.get(2)).data, large, `a record of ${limit} bytes`);
  }),

  clauseNeeding(
    batchLimit,
    'LIMITS-2',
    'a batch over the limit is refused, one of exactly the limit is not',
    async ({ place, capabilities }) => {
      const limit = capabilities.maxBatchBytes ?? 0;
      const size = Math.max(1, Math.min(capabilities.maxRecordBytes, Math.ceil(limit / 4)));
      const full = new Uint8Array(size);
      const exact = Array.from({ length: Math.floor(limit / size) }, () => full);
      if (limit % size > 0) exact.push(new Uint8Array(limit % size));
      const log = await place.open();
      const expected = await fill(log, 1);
      const over = (): unknown => log.append([...exact, x()]);
      await assertRejects(over, 'ERR_LOG_TOO_LARGE', `a batch of ${limit + 1} bytes`, { limit });
      await assertHolds(log, expected, 2, 'after the refusal');
      const result = await log.append(exact);
      assertEqual(result, { firstId: 2, lastId: exact.length + 1 }, `a batch of ${limit} bytes`);
      assertEqual((await log.get(2)).data.length, size, 'its first record');
    },
  ),

  clauseNeeding(
    configurableLimit,
    'LIMITS-3',
    'what was accepted is readable by every way',
    async ({ place }) => {
      const log = await place.open({ maxRecordBytes: 10 });
      const data = Array.from({ length: 20 }, (_, i) => pattern(10, i));
      await log.append(data);
      const expected = data.map((one, i) => ({ id: i + 1, data: one }));
      await assertHolds(log, expected, 21, 'twenty records of the limit');
    },
  ),

  clauseNeeding(
    [configurableLimit, reopening],
    'LIMITS-3',
    'what was accepted is readable after reopening with a lower limit',
    async ({ place }) => {
      const before = await place.open({ maxRecordBytes: 1000 });
      const data = [pattern(1000, 1), pattern(5, 2), pattern(999, 3)];
      await before.append(data);
      await before.close();
      const log = await place.open({ maxRecordBytes: 10 });
      const expected = data.map((one, i) => ({ id: i + 1, data: one }));
      await assertHolds(log, expected, 4, 'reopened with a limit of 10');
      const call = (): unknown => log.append(pattern(11, 4));
      await assertRejects(call, 'ERR_LOG_TOO_LARGE', '11 bytes', { limit: 10 });
      assertEqual(await log.append(pattern(10, 4)), { firstId: 4, lastId: 4 }, '10 bytes');
    },
  ),

  clause('IDS-7', 'nothing is appended after the last id is used', async ({ place }) => {
    const log = await place.open({ firstId: MAX_RECORD_ID - 1 });
    const limit = { limit: MAX_RECORD_ID };
    const three = (): unknown => log.append([x(), x(), x()]);
    await assertRejects(three, 'ERR_LOG_TOO_LARGE', 'a batch beyond the last id', limit);
    await assertHolds(log, [], MAX_RECORD_ID - 1, 'after the refusal');
    const result = await log.append([bytes('a'), bytes('b')]);
    assertEqual(result, { firstId: MAX_RECORD_ID - 1, lastId: MAX_RECORD_ID }, 'the last two');
    for (const input of [x(), [x()], [x(), x()]]) {
      await assertRejects(() => log.append(input), 'ERR_LOG_TOO_LARGE', 'no id left', limit);
    }
    assertEqual([log.firstId, log.lastId], [MAX_RECORD_ID - 1, MAX_RECORD_ID], 'ids stored');
    assertEqual((await log.get(MAX_RECORD_ID)).id, MAX_RECORD_ID, 'get of the last id');
  }),

  clause('IDS-7', 'a truncate gives the last ids back', async ({ place }) => {
    const log = await place.open({ firstId: MAX_RECORD_ID });
    await log.append(bytes('a'));
    await log.truncate(MAX_RECORD_ID - 1);
    assertEqual(log.nextId, MAX_RECORD_ID, 'nextId after the truncate');
    await log.append(bytes('b'));
    const call = (): unknown => log.append(x());
    await assertRejects(call, 'ERR_LOG_TOO_LARGE', 'no id left', { limit: MAX_RECORD_ID });
    assertBytes((await log.get(MAX_RECORD_ID)).data, bytes('b'), 'the last record');
  }),

  clause('IDS-7', 'nothing is appended after the last id is trimmed', async ({ place }) => {
    const log = await place.open();
    await fill(log, 2);
    await log.trim(MAX_RECORD_ID);
    assertEqual([log.firstId, log.lastId], [undefined, undefined], 'ids stored');
    const call = (): unknown => log.append(x());
    await assertRejects(call, 'ERR_LOG_TOO_LARGE', 'no id left', { limit: MAX_RECORD_ID });
    await log.truncate(-1);
    await assertRejects(call, 'ERR_LOG_TOO_LARGE', 'after truncate', { limit: MAX_RECORD_ID });
    await assertRejects(() => log.get(MAX_RECORD_ID), 'ERR_LOG_TRIMMED', 'get of the last id');
  }),

  clauseNeeding(reopening, 'IDS-7', 'the last id stays used when reopened', async ({ place }) => {
    const before = await place.open({ firstId: MAX_RECORD_ID });
    await before.append(bytes('a'));
    await before.close();
    const log = await place.open();
    const call = (): unknown => log.append(x());
    await assertRejects(call, 'ERR_LOG_TOO_LARGE', 'no id left', { limit: MAX_RECORD_ID });
    const last = await log.get(MAX_RECORD_ID);
    assertEqual(last, record(MAX_RECORD_ID, 'a'), 'the last record');
    await log.trim(MAX_RECORD_ID);
    await assertRejects(call, 'ERR_LOG_TOO_LARGE', 'trimmed too', { limit: MAX_RECORD_ID });
  }),
]);

function testableLimit({ maxRecordBytes, configurableLimit }: LogCapabilities): number {
  // Where the limit can be set it is tested to the byte with a small one.
  return Math.min(maxRecordBytes, configurableLimit ? 1024 * 1024 : MOST_BYTES);
}
