import {
  BATCH_ALIGNMENT,
  BATCH_HEADER_BYTES,
  BATCH_MAGIC,
  type BatchHeader,
  type BatchPosition,
  batchBytes,
  crc32,
  decodeRecords,
  encodeBatchHeader,
  isBodyIntact,
  isFooterMagic,
  type LogRecord,
  MAX_RECORD_ID,
  viewOf,
} from '@wal/core';
import { describe, expect, test } from 'vitest';
import { batchOf, decodeBatch, decodeHeader, numbered, POSITION } from './batches.ts';
import { bitFlips } from './bit-flips.ts';
import { SeededRandom, seed } from './seeded-random.ts';

const RECORDS = ['one', '', 'three, which is longer'].map((text) => new TextEncoder().encode(text));
const BODY_BYTES = 3 * 4 + 25;

/** A batch of a body that need not be one, with both of its CRCs right. */
function stampedBatch(body: Uint8Array, recordCount: number, bodyBytes = body.length): Uint8Array {
  const bytes = new Uint8Array(batchBytes(body.length));
  bytes.set(body, BATCH_HEADER_BYTES);
  const header = { ...POSITION, bodyBytes, recordCount, codec: 0, bodyCrc: crc32(body) };
  encodeBatchHeader(header, POSITION.salt, bytes, viewOf(bytes), 0);
  return bytes;
}

describe('batch: round trip', () => {
  test(`any header decodes to what was encoded, anywhere in a buffer (seed ${seed})`, () => {
    const random = new SeededRandom(seed);
    for (let i = 0; i < 500; i++) {
      const header: BatchHeader = {
        bodyBytes: random.integer(0, 2 ** 32 - 1),
        recordCount: random.integer(0, 2 ** 32 - 1),
        firstId: random.uint53(),
        epoch: random.uint53(),
        appendedAtMs: random.uint53(),
        byteOffset: random.uint53(),
        durableOffset: random.uint53(),
        codec: random.integer(0, 255),
        bodyCrc: random.integer(0, 2 ** 32 - 1),
      };
      const salt = random.integer(0, 2 ** 32 - 1);
      const at = random.integer(0, 100);
      const bytes = new Uint8Array(200).fill(0xaa);
      encodeBatchHeader(header, salt, bytes, viewOf(bytes), at);
      expect(decodeHeader(bytes, { byteOffset: header.byteOffset, salt }, at)).toEqual(header);
      const behind = at + BATCH_HEADER_BYTES;
      expect(bytes.subarray(0, at)).toEqual(new Uint8Array(at).fill(0xaa));
      expect(bytes.subarray(behind)).toEqual(new Uint8Array(200 - behind).fill(0xaa));
    }
  });

  test('all of its 64-bit fields hold 2^53 − 1', () => {
    const position: BatchPosition = {
      firstId: MAX_RECORD_ID,
      epoch: MAX_RECORD_ID,
      appendedAtMs: MAX_RECORD_ID,
      byteOffset: MAX_RECORD_ID,
      durableOffset: MAX_RECORD_ID,
      salt: 0xffffffff,
    };
    const { salt: _, ...fields } = position;
    const bytes = batchOf([Uint8Array.of(1)], position);
    expect(decodeHeader(bytes, position)).toMatchObject(fields);
    expect(decodeBatch(bytes, position)).toEqual([{ id: MAX_RECORD_ID, data: Uint8Array.of(1) }]);
  });

  test('takes a multiple of 8 bytes', () => {
    for (let body = 0; body < 100; body++) {
      expect(batchBytes(body) % BATCH_ALIGNMENT).toBe(0);
      expect(batchBytes(body) - BATCH_HEADER_BYTES - body).toBeGreaterThanOrEqual(0);
      expect(batchBytes(body) - BATCH_HEADER_BYTES - body).toBeLessThan(BATCH_ALIGNMENT);
    }
  });

  test('records are read without copying, whatever buffer the batch lies in', () => {
    const batch = batchOf(RECORDS, POSITION);
    const around = new Uint8Array(1000).fill(0xaa);
    around.set(batch, 203);
    const records = decodeBatch(around.subarray(200), POSITION, 3);
    expect(records).toEqual(numbered(RECORDS, POSITION.firstId));
    for (const record of records ?? []) expect(record.data.buffer).toBe(around.buffer);
  });

  test('any range of its ids is read alone, and added behind what was read before', () => {
    const bytes = batchOf(RECORDS, POSITION);
    const header = decodeHeader(bytes, POSITION) as BatchHeader;
    const all = numbered(RECORDS, POSITION.firstId);
    const before = { id: 1, data: new Uint8Array(0) };
    for (let from = 999; from <= 1006; from++) {
      for (let through = 999; through <= 1006; through++) {
        const out: LogRecord[] = [before];
        expect(decodeRecords(bytes, viewOf(bytes), 0, header, from, through, out)).toBe(true);
        expect(out).toEqual([before, ...all.filter(({ id }) => id >= from && id <= through)]);
      }
    }
  });

  test('a batch of no records is a header alone', () => {
    const bytes = batchOf([], POSITION);
    expect(bytes.length).toBe(BATCH_HEADER_BYTES);
    const header = decodeHeader(bytes, POSITION);
    expect(header).toMatchObject({ recordCount: 0, bodyBytes: 0, bodyCrc: 0, durableOffset: 2048 });
    expect(decodeBatch(bytes, POSITION)).toEqual([]);
  });
});

describe('batch: damage', () => {
  test('every flipped bit of the header is refused, and none makes a footer of it', () => {
    const bytes = batchOf(RECORDS, POSITION);
    for (const flip of bitFlips(bytes, 0, BATCH_HEADER_BYTES)) {
      expect(decodeHeader(bytes, POSITION), flip).toBeUndefined();
      expect(isFooterMagic(viewOf(bytes), 0), flip).toBe(false);
    }
    expect(decodeBatch(bytes, POSITION)).toHaveLength(3);
  });

  test('every flipped bit of the body is detected', () => {
    const bytes = batchOf(RECORDS, POSITION);
    for (const flip of bitFlips(bytes, BATCH_HEADER_BYTES, BATCH_HEADER_BYTES + BODY_BYTES)) {
      const header = decodeHeader(bytes, POSITION) as BatchHeader;
      expect(isBodyIntact(bytes, 0, header), flip).toBe(false);
    }
  });

  test('a flipped bit in the padding means nothing', () => {
    const bytes = batchOf(RECORDS, POSITION);
    for (const flip of bitFlips(bytes, BATCH_HEADER_BYTES + BODY_BYTES, bytes.length)) {
      expect(decodeBatch(bytes, POSITION), flip).toEqual(numbered(RECORDS, POSITION.firstId));
    }
  });

  test('cut at any length before its padding it is not intact', () => {
    const bytes = batchOf(RECORDS, POSITION);
    for (let length = 0; length < BATCH_HEADER_BYTES + BODY_BYTES; length++) {
      const cut = bytes.subarray(0, length);
      const header = decodeHeader(cut, POSITION);
      if (length < BATCH_HEADER_BYTES) expect(header, `${length} bytes`).toBeUndefined();
      else expect(isBodyIntact(cut, 0, header as BatchHeader), `${length} bytes`).toBe(false);
    }
  });

  test('bytes of another segment, and of another place, are refused', () => {
    const bytes = batchOf(RECORDS, POSITION);
    for (let bit = 0; bit < 32; bit++) {
      const salt = (POSITION.salt ^ (1 << bit)) >>> 0;
      expect(decodeHeader(bytes, { ...POSITION, salt })).toBeUndefined();
    }
    for (const byteOffset of [0, 8, 4088, 4104, 4096 + 2 ** 32, MAX_RECORD_ID]) {
      expect(decodeHeader(bytes, { ...POSITION, byteOffset })).toBeUndefined();
    }
  });

  test('a body length that lies is not believed, and never allocated', () => {
    for (const bodyBytes of [BODY_BYTES - 1, BODY_BYTES + 1, 0, 2 ** 31, 2 ** 32 - 1]) {
      const bytes = batchOf(RECORDS, POSITION);
      const header = { ...(decodeHeader(bytes, POSITION) as BatchHeader), bodyBytes };
      encodeBatchHeader(header, POSITION.salt, bytes, viewOf(bytes), 0);
      expect(isBodyIntact(bytes, 0, decodeHeader(bytes, POSITION) as BatchHeader)).toBe(false);
    }
  });

  test('a record count beyond the body is not believed', () => {
    const body = new Uint8Array(8);
    for (const recordCount of [3, 4, 2 ** 30, 2 ** 32 - 1]) {
      const bytes = stampedBatch(body, recordCount);
      expect(isBodyIntact(bytes, 0, decodeHeader(bytes, POSITION) as BatchHeader)).toBe(false);
    }
  });

  test('record lengths that do not add up to the body are refused, with both CRCs right', () => {
    for (const lengths of [
      [0, 0],
      [4, 3],
      [4, 5],
      [9, 0],
      [0xffffffff, 8],
      [0xffffffff, 0xffffffff],
    ]) {
      const body = new Uint8Array(16);
      lengths.forEach((length, i) => {
        viewOf(body).setUint32(i * 4, length, true);
      });
      const bytes = stampedBatch(body, 2);
      expect(isBodyIntact(bytes, 0, decodeHeader(bytes, POSITION) as BatchHeader)).toBe(true);
      expect(decodeBatch(bytes, POSITION), lengths.join()).toBeUndefined();
    }
    // A body, but no records to have it.
    expect(decodeBatch(stampedBatch(new Uint8Array(8), 0), POSITION)).toBeUndefined();
  });

  test('a header of zeros is no batch and no footer: data ends there', () => {
    const zeros = new Uint8Array(4096);
    expect(decodeHeader(zeros, { byteOffset: 0, salt: 0 })).toBeUndefined();
    expect(isFooterMagic(viewOf(zeros), 0)).toBe(false);
  });

  test('a header is never read beyond the bytes there are', () => {
    const bytes = batchOf([], POSITION);
    for (let at = 1; at < 200; at++) expect(decodeHeader(bytes, POSITION, at)).toBeUndefined();
  });
});

test('the magic is "WALB"', () => {
  const bytes = batchOf([], POSITION);
  expect(new TextDecoder().decode(bytes.subarray(0, 4))).toBe('WALB');
  expect(viewOf(bytes).getUint32(0, true)).toBe(BATCH_MAGIC);
});
