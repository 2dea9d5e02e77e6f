import {
  checkedVersion,
  crc32,
  decodeSegmentHeader,
  encodeSegmentHeader,
  FORMAT_VERSION,
  isLogError,
  type LogError,
  MAX_METADATA_BYTES,
  MAX_RECORD_ID,
  MAX_SEGMENT_HEADER_BYTES,
  type SegmentHeader,
  segmentHeaderBytes,
  segmentSalt,
} from '@wal/core';
import { describe, expect, test } from 'vitest';
import { bitFlips } from './bit-flips.ts';
import { SeededRandom, seed } from './seeded-random.ts';

const UUID = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
const HEADER: SegmentHeader = {
  uuid: UUID,
  epoch: 3,
  sequence: 7,
  predecessor: 6,
  firstId: 1001,
  createdAtMs: 1_760_000_000_000,
  metadata: new TextEncoder().encode('a log of orders'),
};

function encoded(header: SegmentHeader = HEADER): Uint8Array {
  const bytes = new Uint8Array(segmentHeaderBytes(header.metadata.length));
  expect(encodeSegmentHeader(header, bytes)).toBe(bytes.length);
  return bytes;
}

function refusal(bytes: Uint8Array): LogError {
  try {
    decodeSegmentHeader(bytes, 'a-segment');
  } catch (error) {
    if (!isLogError(error)) throw error;
    expect(error.segment).toBe('a-segment');
    expect(error.message).toContain('segment=a-segment');
    return error;
  }
  return expect.unreachable('the header was accepted');
}

/** Makes the header's CRC right again after a change. */
function restamp(bytes: Uint8Array, metadataBytes: number): Uint8Array {
  const crc = crc32(bytes.subarray(80, 80 + metadataBytes), crc32(bytes.subarray(0, 76)));
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(76, crc, true);
  return bytes;
}

describe('segment header: round trip', () => {
  test(`any header decodes to what was encoded (seed ${seed})`, () => {
    const random = new SeededRandom(seed);
    for (let i = 0; i < 500; i++) {
      const header: SegmentHeader = {
        uuid: random.bytes(16),
        epoch: random.uint53(),
        sequence: random.uint53(),
        predecessor: random.uint53(),
        firstId: random.uint53(),
        createdAtMs: random.uint53(),
        metadata: random.bytes(random.integer(0, 40)),
      };
      const headerBytes = segmentHeaderBytes(header.metadata.length);
      expect(decodeSegmentHeader(encoded(header), 's')).toEqual({ ...header, headerBytes });
    }
  });

  test('all of its 64-bit fields hold 2^53 − 1', () => {
    const header: SegmentHeader = {
      uuid: new Uint8Array(16).fill(0xff),
      epoch: MAX_RECORD_ID,
      sequence: MAX_RECORD_ID,
      predecessor: MAX_RECORD_ID,
      firstId: MAX_RECORD_ID,
      createdAtMs: MAX_RECORD_ID,
      metadata: new Uint8Array(MAX_METADATA_BYTES).fill(0xff),
    };
    const bytes = encoded(header);
    expect(bytes.length).toBe(MAX_SEGMENT_HEADER_BYTES);
    expect(decodeSegmentHeader(bytes, 's')).toEqual({ ...header, headerBytes: bytes.length });
  });

  test('its length is padded to a multiple of 8, so that the first batch is aligned', () => {
    for (let metadata = 0; metadata <= 64; metadata++) {
      const bytes = segmentHeaderBytes(metadata);
      expect(bytes % 8).toBe(0);
      expect(bytes - 80 - metadata).toBeGreaterThanOrEqual(0);
      expect(bytes - 80 - metadata).toBeLessThan(8);
    }
  });

  test('encodes at the start of a larger used buffer, and touches nothing behind it', () => {
    const into = new Uint8Array(500).fill(0xaa);
    const length = encodeSegmentHeader(HEADER, into);
    expect(into.subarray(0, length)).toEqual(encoded());
    expect(into.subarray(length)).toEqual(new Uint8Array(500 - length).fill(0xaa));
  });

  test('encodes into a view inside a larger buffer', () => {
    const around = new Uint8Array(500).fill(0xaa);
    const length = encodeSegmentHeader(HEADER, around.subarray(100, 300));
    expect(around.subarray(100, 100 + length)).toEqual(encoded());
    expect(around.subarray(0, 100)).toEqual(new Uint8Array(100).fill(0xaa));
    expect(around.subarray(100 + length)).toEqual(new Uint8Array(400 - length).fill(0xaa));
  });

  test('decodes from the start of longer bytes without copying', () => {
    const around = new Uint8Array(500).fill(0xaa);
    encodeSegmentHeader(HEADER, around.subarray(100));
    const header = decodeSegmentHeader(around.subarray(100), 's');
    expect(header.metadata).toEqual(HEADER.metadata);
    expect(header.uuid.buffer).toBe(around.buffer);
    expect(header.metadata.buffer).toBe(around.buffer);
    expect(header.headerBytes).toBe(96);
  });
});

describe('segment header: damage', () => {
  test('every flipped bit is refused, one in the version as damage and never as a newer format', () => {
    const bytes = encoded();
    const metadataEnd = 80 + HEADER.metadata.length;
    for (const flip of bitFlips(bytes, 0, 8)) {
      const error = refusal(bytes);
      expect(error.code, flip).toBe('ERR_LOG_UNSUPPORTED_FORMAT');
      expect(error.version, flip).toBeUndefined();
    }
    for (const flip of bitFlips(bytes, 8, metadataEnd)) {
      const error = refusal(bytes);
      expect(error.code, flip).toBe('ERR_LOG_CORRUPT');
      expect(error.byteOffset, flip).toBe(0);
    }
    expect(decodeSegmentHeader(bytes, 's').firstId).toBe(HEADER.firstId);
  });

  test('a flipped bit in the padding means nothing', () => {
    const bytes = encoded();
    const metadataEnd = 80 + HEADER.metadata.length;
    expect(metadataEnd).toBeLessThan(bytes.length);
    for (const flip of bitFlips(bytes, metadataEnd, bytes.length)) {
      expect(decodeSegmentHeader(bytes, 's'), flip).toEqual({ ...HEADER, headerBytes: 96 });
    }
  });

  test('cut at any length it is damaged', () => {
    const bytes = encoded();
    for (let length = 0; length < bytes.length; length++) {
      expect(refusal(bytes.subarray(0, length)).code, `${length} bytes`).toBe('ERR_LOG_CORRUPT');
    }
  });

  test('zeros and foreign bytes are no segment', () => {
    for (const bytes of [new Uint8Array(1), new Uint8Array(4096), Uint8Array.of(0x89, 0x50)]) {
      const error = refusal(bytes);
      expect(error.code).toBe('ERR_LOG_UNSUPPORTED_FORMAT');
      expect(error.version).toBeUndefined();
    }
  });

  test('lengths that lie are refused, whatever they claim', () => {
    for (const [at, value] of [
      [12, 0],
      [12, 88],
      [12, 0xffffffff],
      [72, 0],
      [72, MAX_METADATA_BYTES + 1],
      [72, 0xffffffff],
    ] as const) {
      const bytes = encoded();
      new DataView(bytes.buffer).setUint32(at, value, true);
      restamp(bytes, Math.min(at === 72 ? value : HEADER.metadata.length, bytes.length - 80));
      expect(refusal(bytes).code, `${value} at ${at}`).toBe('ERR_LOG_CORRUPT');
    }
  });
});

describe('segment header: what another release may have written', () => {
  test.each([0, 2, 3, 255, 65535])('version %i, correctly stamped, is unsupported', (version) => {
    const bytes = encoded();
    const view = new DataView(bytes.buffer);
    view.setUint16(8, version, true);
    view.setUint16(10, ~version, true);
    for (const stamped of [bytes, restamp(bytes.slice(), HEADER.metadata.length)]) {
      const error = refusal(stamped);
      expect(error.code).toBe('ERR_LOG_UNSUPPORTED_FORMAT');
      expect(error.version).toBe(version);
      expect(error.message).toContain(`format version ${version}`);
    }
  });

  test('the version decides before anything that depends on it, the length too', () => {
    const bytes = encoded();
    const view = new DataView(bytes.buffer);
    view.setUint16(8, 2, true);
    view.setUint16(10, ~2, true);
    for (let length = 12; length < bytes.length; length++) {
      const error = refusal(bytes.subarray(0, length));
      expect(error.code, `${length} bytes`).toBe('ERR_LOG_UNSUPPORTED_FORMAT');
      expect(error.version, `${length} bytes`).toBe(2);
    }
  });

  test('an id above 2^53 − 1 is unsupported', () => {
    for (const id of [2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 1n]) {
      const bytes = encoded();
      new DataView(bytes.buffer).setBigUint64(56, id, true);
      const error = refusal(restamp(bytes, HEADER.metadata.length));
      expect(error.code).toBe('ERR_LOG_UNSUPPORTED_FORMAT');
      expect(error.version).toBe(FORMAT_VERSION);
    }
  });

  test('a version counts only with its complement', () => {
    for (let version = 0; version <= 0xffff; version += 251) {
      expect(checkedVersion(version, ~version & 0xffff)).toBe(version);
      for (let bit = 0; bit < 16; bit++) {
        expect(checkedVersion(version ^ (1 << bit), ~version & 0xffff)).toBeUndefined();
        expect(checkedVersion(version, (~version & 0xffff) ^ (1 << bit))).toBeUndefined();
      }
    }
  });
});

describe('segment salt', () => {
  test('is the CRC of uuid and sequence', () => {
    const bytes = new Uint8Array(24);
    bytes.set(UUID);
    new DataView(bytes.buffer).setBigUint64(16, 0x1_0000_0002n, true);
    expect(segmentSalt(UUID, 0x1_0000_0002)).toBe(crc32(bytes));
  });

  test('differs for each bit of either', () => {
    const salts = new Set([segmentSalt(UUID, 1)]);
    const uuid = UUID.slice();
    for (const _ of bitFlips(uuid, 0, 16)) salts.add(segmentSalt(uuid, 1));
    for (let bit = 1; bit < 53; bit++) salts.add(segmentSalt(UUID, 1 + 2 ** bit));
    expect(salts.size).toBe(1 + 128 + 52);
  });
});
