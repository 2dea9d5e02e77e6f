import type { AppendInput } from '@wal/core';
import {
  assertBytes,
  assertEqual,
  assertRecords,
  assertRejects,
  assertTrue,
} from '../assertions.ts';
import { clause } from '../clause-test.ts';
import { type ConformanceGroup, defineGroup } from '../group.ts';
import { assertHolds, bytes, fill, pattern, read, recordsFrom } from '../records.ts';
import { microtasks } from '../waiting.ts';

const LENGTHS = [0, 1, 7, 8, 255, 256, 4095, 4096, 4097, 65_536];

/** What `append` takes, keeps and gives back (APPEND-1 … 7). */
export const appendGroup: ConformanceGroup = defineGroup('append', [
  clause('APPEND-1', 'a resolved append is readable at once, by every way', async ({ place }) => {
    const log = await place.open();
    for (let id = 1; id <= 5; id++) {
      await log.append(bytes(`r${id}`));
      assertEqual(log.lastId, id, 'lastId when append resolves');
      assertBytes((await log.get(id)).data, bytes(`r${id}`), 'get when append resolves');
      assertEqual((await read(log)).length, id, 'iterated when append resolves');
    }
  }),

  clause('APPEND-1', 'the last of many appends at once is readable too', async ({ place }) => {
    const log = await place.open();
    const appends = Array.from({ length: 20 }, async (_, i) => {
      const { lastId } = await log.append([bytes(`a${i}`), bytes(`b${i}`)]);
      assertTrue((log.lastId ?? 0) >= lastId, `lastId when the append of ${lastId} resolves`);
      assertBytes((await log.get(lastId)).data, bytes(`b${i}`), `get of ${lastId} then`);
    });
    await Promise.all(appends);
  }),

  clause('APPEND-2', 'a batch is refused whole for one bad record', async ({ place }) => {
    const log = await place.open();
    const expected = await fill(log, 2);
    const good = bytes('good');
    const bad: readonly unknown[] = [null, 'text', 7, {}, { data: [1] }, { id: 1.5, data: good }];
    for (const record of bad) {
      for (const batch of [
        [good, record],
        [record, good],
        [good, record, good],
      ]) {
        const call = (): unknown => log.append(batch as AppendInput[]);
        await assertRejects(call, 'ERR_LOG_INVALID_ARGUMENT', 'a batch with a bad record');
        await assertHolds(log, expected, 3, 'after the refusal');
      }
    }
  }),

  clause('APPEND-2', 'a batch of many records is written whole', async ({ place }) => {
    const log = await place.open();
    const texts = Array.from({ length: 500 }, (_, i) => `record ${i}`);
    const result = await log.append(texts.map(bytes));
    assertEqual(result, { firstId: 1, lastId: 500 }, 'its ids');
    await assertHolds(log, recordsFrom(1, ...texts), 501, 'all of it');
  }),

  clause('APPEND-3', 'it resolves with its first and last id', async ({ place }) => {
    const log = await place.open();
    assertEqual(await log.append(bytes('a')), { firstId: 1, lastId: 1 }, 'one record');
    assertEqual(await log.append([bytes('b')]), { firstId: 2, lastId: 2 }, 'a batch of one');
    const three = await log.append([bytes('c'), bytes('d'), bytes('e')]);
    assertEqual(three, { firstId: 3, lastId: 5 }, 'a batch of three');
    await log.truncate(1);
    assertEqual(await log.append(bytes('f')), { firstId: 2, lastId: 2 }, 'after a truncate');
    await log.trim(9);
    assertEqual(await log.append(bytes('g')), { firstId: 10, lastId: 10 }, 'after a trim');
  }),

  clause('APPEND-4', 'the buffer may be reused as soon as append returns', async ({ place }) => {
    const log = await place.open();
    const buffer = bytes('record 1');
    const appends: Promise<unknown>[] = [];
    for (let i = 1; i <= 9; i++) {
      buffer[buffer.length - 1] = 0x30 + i;
      appends.push(i % 2 === 0 ? log.append(buffer) : log.append([buffer]));
    }
    buffer.fill(0);
    await Promise.all(appends);
    const texts = Array.from({ length: 9 }, (_, i) => `record ${i + 1}`);
    await assertHolds(log, recordsFrom(1, ...texts), 10, 'the bytes at the call');
  }),

  clause('APPEND-4', 'the buffer may be reused later too', async ({ place }) => {
    const log = await place.open();
    const large = pattern(70_000, 1);
    const small = bytes('small');
    await log.append([large, small]);
    large.fill(1);
    small.fill(2);
    const records = [{ id: 1, data: pattern(70_000, 1) }, ...recordsFrom(2, 'small')];
    await assertHolds(log, records, 3, 'the bytes at the call');
    await fill(log, 3);
    assertBytes((await log.get(1)).data, pattern(70_000, 1), 'the bytes after more appends');
  }),

  ...LENGTHS.map((length) =>
    clause('APPEND-5', `a record of ${length} bytes reads back identical`, async (subject) => {
      const log = await subject.place.open();
      const size = Math.min(length, subject.capabilities.maxRecordBytes);
      const data = [pattern(size, 1), pattern(size, 2), pattern(size, 3)];
      for (const one of data.slice(0, 2)) await log.append(one);
      await log.append([data[2] as Uint8Array]);
      const expected = data.map((one, i) => ({ id: i + 1, data: one }));
      await assertHolds(log, expected, 4, `three records of ${size} bytes`);
    }),
  ),

  clause('APPEND-5', 'every byte value, zeros and ones read back identical', async ({ place }) => {
    const log = await place.open();
    const data = [
      Uint8Array.from({ length: 256 }, (_, i) => i),
      new Uint8Array(1000),
      new Uint8Array(1000).fill(0xff),
      new Uint8Array(1),
    ];
    await log.append(data);
    const expected = data.map((one, i) => ({ id: i + 1, data: one }));
    await assertHolds(log, expected, 5, 'the bytes');
  }),

  clause('APPEND-5', 'empty records have ids like any other', async ({ place }) => {
    const log = await place.open();
    const none = new Uint8Array(0);
    assertEqual(await log.append(none), { firstId: 1, lastId: 1 }, 'an empty record');
    await log.append([none, bytes('a'), none, none]);
    await log.append({ data: none });
    await assertHolds(log, recordsFrom(1, '', '', 'a', '', '', ''), 7, 'empty and not');
  }),

  clause('APPEND-6', 'append([]) does nothing', async ({ place }) => {
    const log = await place.open();
    assertEqual(await log.append([]), { firstId: 1, lastId: 0 }, 'on a new log');
    await assertHolds(log, [], 1, 'a new log after it');
    const appended = log.append(bytes('a'));
    const empty = log.append([]);
    assertEqual(await empty, { firstId: 2, lastId: 1 }, 'behind an append in flight');
    await appended;
    await log.append(bytes('b'));
    await assertHolds(log, recordsFrom(1, 'a', 'b'), 3, 'two records around it');
    await log.trim(9);
    assertEqual(await log.append([]), { firstId: 10, lastId: 9 }, 'on a trimmed log');
  }),

  clause(
    'APPEND-7',
    'a record is a Uint8Array of any class, or { id?, data }',
    async ({ place }) => {
      class Bytes extends Uint8Array {}
      const { Buffer } = globalThis as { Buffer?: { from(text: string): Uint8Array } };
      const log = await place.open();
      const whole = bytes('--middle--');
      const inputs: AppendInput[] = [
        bytes('a'),
        { data: bytes('b') },
        { id: 3, data: bytes('c') },
        whole.subarray(2, 8),
        { data: new Uint8Array(whole.buffer, whole.byteOffset + 1, 2) },
        Bytes.from(bytes('d')),
        Object.freeze({ id: undefined, data: bytes('e') }),
        Buffer?.from('f') ?? bytes('f'),
      ];
      const texts = ['a', 'b', 'c', 'middle', '-m', 'd', 'e', 'f'];
      for (const input of inputs) await log.append(input);
      await assertHolds(log, recordsFrom(1, ...texts), 9, 'one by one');
      await log.truncate(0);
      await log.append(Object.freeze([...inputs]));
      await assertHolds(log, recordsFrom(1, ...texts), 9, 'as a batch');
    },
  ),

  clause('APPEND-7', 'a batch counts as it was at the call', async ({ place }) => {
    const log = await place.open();
    const wrapped = { id: 2, data: bytes('b') };
    const batch: AppendInput[] = [bytes('a'), wrapped, bytes('c')];
    const appended = log.append(batch);
    batch[0] = bytes('x');
    batch.push(bytes('y'));
    wrapped.id = 99;
    wrapped.data = bytes('z');
    await microtasks(3);
    batch.length = 0;
    assertEqual(await appended, { firstId: 1, lastId: 3 }, 'its ids');
    await assertHolds(log, recordsFrom(1, 'a', 'b', 'c'), 4, 'the batch at the call');
  }),

  clause('APPEND-7', 'a buffer from the log can be appended again', async ({ place }) => {
    const log = await place.open();
    await fill(log, 3);
    const records = await read(log);
    await log.append(records.map(({ data }) => data));
    const copies = (await read(log, { start: 4 })).map(({ data }, i) => ({ id: i + 1, data }));
    assertRecords(copies, records, 'the copies');
  }),
]);
