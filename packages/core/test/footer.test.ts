import {
  crc32,
  decodeFooter,
  encodeFooter,
  FOOTER_TRAILER_BYTES,
  footerBytes,
  isFooterMagic,
  MAX_RECORD_ID,
  type SegmentFooter,
  viewOf,
} from '@wal/core';
import { describe, expect, test } from 'vitest';
import { bitFlips } from './bit-flips.ts';
import { SeededRandom, seed } from './seeded-random.ts';

const SALT = 0x0f00_7e12;
const FIRST_ID = 1001;
const FOOTER: SegmentFooter = {
  byteOffset: 20_000,
  nextId: 1050,
  entries: [
    { firstId: 1001, byteOffset: 96 },
    { firstId: 1020, byteOffset: 4800 },
    { firstId: 1049, byteOffset: 12_000 },
  ],
};

const encoded = (): Uint8Array => encodeFooter(FOOTER, FIRST_ID, SALT);

function decoded(bytes: Uint8Array): SegmentFooter | undefined {
  return decodeFooter(bytes, FOOTER.byteOffset, FIRST_ID, SALT);
}

/** Makes the footer's CRC right again after a change. */
function restamp(bytes: Uint8Array): Uint8Array {
  viewOf(bytes).setUint32(4, crc32(bytes.subarray(8), SALT), true);
  return bytes;
}

describe('footer: round trip', () => {
  test(`any footer decodes to what was encoded (seed ${seed})`, () => {
    const random = new SeededRandom(seed);
    for (let i = 0; i < 300; i++) {
      const firstId = random.uint53();
      const room = Math.min(2 ** 32 - 1, MAX_RECORD_ID - firstId);
      const footer: SegmentFooter = {
        byteOffset: random.uint53(),
        nextId: random.uint53(),
        entries: Array.from({ length: random.integer(0, 50) }, () => ({
          firstId: firstId + random.integer(0, room),
          byteOffset: random.integer(0, 2 ** 32 - 1),
        })),
      };
      const salt = random.integer(0, 2 ** 32 - 1);
      const bytes = encodeFooter(footer, firstId, salt);
      expect(bytes.length).toBe(48 + footer.entries.length * 8);
      expect(footerBytes(bytes.subarray(-FOOTER_TRAILER_BYTES))).toBe(bytes.length);
      expect(isFooterMagic(viewOf(bytes), 0)).toBe(true);
      expect(decodeFooter(bytes, footer.byteOffset, firstId, salt)).toEqual(footer);
    }
  });

  test('a segment whose last id is 2^53 − 1 goes on at 2^53', () => {
    const footer = {
      byteOffset: 160,
      nextId: MAX_RECORD_ID + 1,
      entries: [{ firstId: MAX_RECORD_ID, byteOffset: 80 }],
    };
    const bytes = encodeFooter(footer, MAX_RECORD_ID, SALT);
    expect(decodeFooter(bytes, 160, MAX_RECORD_ID, SALT)).toEqual(footer);
  });

  test('decodes a view inside a larger buffer', () => {
    const around = new Uint8Array(500).fill(0xaa);
    const bytes = encoded();
    around.set(bytes, 100);
    expect(decoded(around.subarray(100, 100 + bytes.length))).toEqual(FOOTER);
  });

  test('its length is a multiple of 8, so that batches and footers are aligned alike', () => {
    expect(encoded().length % 8).toBe(0);
  });
});

describe('footer: damage', () => {
  test('every flipped bit makes it absent', () => {
    const bytes = encoded();
    for (const flip of bitFlips(bytes, 0, bytes.length))
      expect(decoded(bytes), flip).toBeUndefined();
    expect(decoded(bytes)).toEqual(FOOTER);
  });

  test('cut at either end it is absent', () => {
    const bytes = encoded();
    for (let length = 0; length < bytes.length; length++) {
      expect(decoded(bytes.subarray(0, length)), `the first ${length}`).toBeUndefined();
      expect(decoded(bytes.subarray(bytes.length - length)), `the last ${length}`).toBeUndefined();
    }
    expect(decoded(Uint8Array.of(...bytes, 0, 0, 0, 0, 0, 0, 0, 0))).toBeUndefined();
  });

  test('of another segment, and of another place, it is absent', () => {
    const bytes = encoded();
    for (let bit = 0; bit < 32; bit++) {
      const salt = (SALT ^ (1 << bit)) >>> 0;
      expect(decodeFooter(bytes, FOOTER.byteOffset, FIRST_ID, salt)).toBeUndefined();
    }
    for (const byteOffset of [0, FOOTER.byteOffset - 8, FOOTER.byteOffset + 2 ** 32]) {
      expect(decodeFooter(bytes, byteOffset, FIRST_ID, SALT)).toBeUndefined();
    }
  });

  test('an entry count that lies is not believed, and never allocated', () => {
    for (const count of [0, 2, 4, 2 ** 29 + 3, 2 ** 32 - 1]) {
      const bytes = encoded();
      viewOf(bytes).setUint32(12, count, true);
      expect(decoded(restamp(bytes)), `${count}`).toBeUndefined();
    }
  });

  test('a length that lies is not believed', () => {
    for (const length of [0, 48, 80, 2 ** 32 - 8]) {
      const bytes = encoded();
      viewOf(bytes).setUint32(8, length, true);
      expect(decoded(restamp(bytes)), `${length}`).toBeUndefined();
    }
  });
});

describe('footer: trailer', () => {
  const trailer = (length: number, magic = 'WALE'): Uint8Array => {
    const bytes = new Uint8Array(FOOTER_TRAILER_BYTES);
    viewOf(bytes).setUint32(0, length, true);
    bytes.set(new TextEncoder().encode(magic), 4);
    return bytes;
  };

  test('says how long the footer is', () => {
    expect(footerBytes(trailer(48))).toBe(48);
    expect(footerBytes(trailer(2 ** 32 - 8))).toBe(2 ** 32 - 8);
  });

  test('of any other kind says that there is none', () => {
    expect(footerBytes(new Uint8Array(8))).toBeUndefined();
    expect(footerBytes(trailer(48, 'WALB'))).toBeUndefined();
    expect(footerBytes(trailer(48, 'INDX'))).toBeUndefined();
    for (const length of [0, 8, 40, 47, 49, 52, 2 ** 32 - 1]) {
      expect(footerBytes(trailer(length)), `${length}`).toBeUndefined();
    }
    expect(footerBytes(trailer(48).subarray(1))).toBeUndefined();
    expect(footerBytes(new Uint8Array(0))).toBeUndefined();
  });
});

test('isFooterMagic looks for "INDX", and never beyond the end', () => {
  const bytes = new TextEncoder().encode('....INDX');
  const view = viewOf(bytes);
  expect(isFooterMagic(view, 4)).toBe(true);
  for (const at of [0, 3, 5, 8, 100]) expect(isFooterMagic(view, at)).toBe(false);
});
