import { BATCH_HEADER_BYTES, BatchBuilder, crc32 } from '@wal/core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { batchOf, decodeBatch, decodeHeader, numbered, POSITION } from './batches.ts';
import { SeededRandom, seed } from './seeded-random.ts';

/** The batch as the format describes it, without the builder. */
function plainBody(records: readonly Uint8Array[]): Uint8Array {
  const dataBytes = records.reduce((sum, record) => sum + record.length, 0);
  const body = new Uint8Array(records.length * 4 + dataBytes);
  const view = new DataView(body.buffer);
  let at = records.length * 4;
  records.forEach((record, i) => {
    view.setUint32(i * 4, record.length, true);
    body.set(record, at);
    at += record.length;
  });
  return body;
}

function expectBatch(batch: Uint8Array, records: readonly Uint8Array[]): void {
  const body = plainBody(records);
  const header = decodeHeader(batch, POSITION);
  const { salt: _, ...fields } = POSITION;
  expect(header).toEqual({
    ...fields,
    bodyBytes: body.length,
    recordCount: records.length,
    codec: 0,
    bodyCrc: crc32(body),
  });
  const bodyEnd = BATCH_HEADER_BYTES + body.length;
  // Not `toEqual` alone: it is slow on large arrays.
  expect(Buffer.compare(batch.subarray(BATCH_HEADER_BYTES, bodyEnd), body)).toBe(0);
  expect(batch.length % 8).toBe(0);
  expect(batch.length - bodyEnd).toBeLessThan(8);
  expect(batch.subarray(bodyEnd).every((byte) => byte === 0)).toBe(true);
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('BatchBuilder', () => {
  test.each<[string, number[]]>([
    ['no records', []],
    ['one empty record', [0]],
    ['many empty records', new Array<number>(5000).fill(0)],
    ['one record', [100]],
    ['empty records around one', [0, 7, 0]],
    ['as many records as there is room for at first', new Array<number>(1024).fill(3)],
    ['one record more than that', new Array<number>(1025).fill(3)],
    ['more bytes than there is room for at first', [70_000]],
    ['more bytes, then more records', [200_000, ...new Array<number>(3000).fill(1)]],
    ['more records, then more bytes', [...new Array<number>(3000).fill(1), 200_000, 5]],
    ['more of both, again and again', new Array<number>(9000).fill(100)],
    ['one large record', [5_000_000]],
  ])('builds %s', (_, lengths) => {
    const random = new SeededRandom(seed);
    const records = lengths.map((length) => new Uint8Array(length).fill(random.integer(1, 255)));
    const builder = new BatchBuilder();
    for (const record of records) builder.add(record);
    const dataBytes = lengths.reduce((sum, length) => sum + length, 0);
    expect(builder.recordCount).toBe(lengths.length);
    expect(builder.dataBytes).toBe(dataBytes);
    const batch = builder.finish(POSITION);
    expect(batch.length).toBe(builder.encodedBytes);
    expectBatch(batch, records);
    expect(decodeBatch(batch, POSITION)?.length).toBe(lengths.length);
  });

  test('fills its memory to the last byte and pads within it', () => {
    for (let missing = 0; missing <= 20; missing++) {
      const record = new Uint8Array(65_536 - missing).fill(0xff);
      const builder = new BatchBuilder();
      builder.add(record);
      expectBatch(builder.finish(POSITION), [record]);
    }
  });

  test(`used again after reset, with more and with less, leaves no trace (seed ${seed})`, () => {
    const random = new SeededRandom(seed);
    const builder = new BatchBuilder();
    for (let round = 0; round < 60; round++) {
      const largest = random.integer(0, 3) === 0 ? 2000 : 20;
      const records = Array.from({ length: random.integer(0, 2500) }, () =>
        new Uint8Array(random.integer(0, largest)).fill(random.integer(1, 255)),
      );
      for (const record of records) builder.add(record);
      const batch = builder.finish(POSITION);
      expectBatch(batch, records);
      expect(decodeBatch(batch, POSITION)).toHaveLength(records.length);
      builder.reset();
      expect(builder.recordCount).toBe(0);
      expect(builder.dataBytes).toBe(0);
      expect(builder.encodedBytes).toBe(BATCH_HEADER_BYTES);
    }
  });

  test('reset keeps the memory, and the next batch of that size takes no more', () => {
    const builder = new BatchBuilder();
    const record = new Uint8Array(1000);
    for (let i = 0; i < 2000; i++) builder.add(record);
    const { capacity } = builder;
    expect(capacity).toBeGreaterThan(2_000_000);
    const first = builder.finish(POSITION);
    builder.reset();
    for (let i = 0; i < 2000; i++) builder.add(record);
    expect(builder.capacity).toBe(capacity);
    expect(builder.finish(POSITION).buffer).toBe(first.buffer);
  });

  test('takes the bytes as they are at the call (APPEND-4)', () => {
    const record = Uint8Array.of(1, 2, 3);
    const builder = new BatchBuilder();
    builder.add(record);
    record.fill(9);
    builder.add(record);
    expect(decodeBatch(builder.finish(POSITION), POSITION)).toEqual(
      numbered([Uint8Array.of(1, 2, 3), Uint8Array.of(9, 9, 9)], POSITION.firstId),
    );
  });

  test('finishes the same records again, and for another place', () => {
    const builder = new BatchBuilder();
    builder.add(Uint8Array.of(1, 2, 3));
    const first = builder.finish(POSITION).slice();
    expect(builder.finish(POSITION)).toEqual(first);
    const elsewhere = { ...POSITION, byteOffset: 8192, durableOffset: 8192, firstId: 7 };
    expect(decodeBatch(builder.finish(elsewhere), elsewhere)).toEqual([
      { id: 7, data: Uint8Array.of(1, 2, 3) },
    ]);
    builder.add(Uint8Array.of(4));
    expectBatch(builder.finish(POSITION), [Uint8Array.of(1, 2, 3), Uint8Array.of(4)]);
  });

  test('keeps room in front of the batch, and takes no other bytes of its memory for it', () => {
    const builder = new BatchBuilder(128);
    for (const count of [1, 3000, 2]) {
      const records = Array.from({ length: count }, (_, i) => new Uint8Array(40).fill(i));
      for (const record of records) builder.add(record);
      const bytes = builder.finish(POSITION);
      bytes.fill(0xee, 0, 128);
      expectBatch(bytes.subarray(128), records);
      expect(bytes.length).toBe(128 + builder.encodedBytes);
      expectBatch(builder.finish(POSITION).subarray(128), records);
      builder.reset();
    }
  });

  test.each([
    ['data', 1, 1_000_000],
    ['one more record', 1024, 1],
  ])('without memory for %s it refuses the record and keeps those before', (_, count, bytes) => {
    const records = Array.from({ length: count }, (_, i) => new Uint8Array(3).fill(i));
    const builder = new BatchBuilder();
    for (const record of records) builder.add(record);
    const last = new Uint8Array(bytes).fill(7);
    vi.stubGlobal(
      'Uint8Array',
      class {
        constructor(length: number) {
          throw new RangeError(`no memory for ${length} bytes`);
        }
      },
    );
    expect(() => builder.add(last)).toThrow('no memory');
    vi.unstubAllGlobals();
    expect(builder.recordCount).toBe(count);
    expect(builder.finish(POSITION)).toEqual(batchOf(records, POSITION));
    builder.add(last);
    expectBatch(builder.finish(POSITION), [...records, last]);
  });
});
