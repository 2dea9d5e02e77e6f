import { getUint64, MAX_RECORD_ID, setUint64, viewOf } from '@wal/core';
import { expect, test } from 'vitest';
import { SeededRandom, seed } from './seeded-random.ts';

test.each([
  0,
  1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 32 + 1,
  2 ** 52,
  MAX_RECORD_ID - 1,
  MAX_RECORD_ID,
  MAX_RECORD_ID + 1,
])('%d is stored as a little-endian uint64', (value) => {
  const view = new DataView(new ArrayBuffer(24));
  setUint64(view, 5, value);
  expect(view.getBigUint64(5, true)).toBe(BigInt(value));
  expect(getUint64(view, 5)).toBe(value);
  expect(view.getBigUint64(13, true)).toBe(0n);
});

test(`agrees with BigInt for any safe integer (seed ${seed})`, () => {
  const random = new SeededRandom(seed);
  const view = new DataView(new ArrayBuffer(8));
  for (let i = 0; i < 5000; i++) {
    const value = random.uint53();
    setUint64(view, 0, value);
    expect(view.getBigUint64(0, true)).toBe(BigInt(value));
    expect(getUint64(view, 0)).toBe(value);
  }
});

test('a number above 2^53 − 1 is read as one that is no safe integer', () => {
  const view = new DataView(new ArrayBuffer(8));
  for (const value of [2n ** 53n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n]) {
    view.setBigUint64(0, value, true);
    expect(Number.isSafeInteger(getUint64(view, 0))).toBe(false);
  }
});

test('viewOf shows the bytes of a view, not those around it', () => {
  const around = Uint8Array.of(1, 2, 3, 4, 5);
  const view = viewOf(around.subarray(1, 4));
  expect(view.byteLength).toBe(3);
  expect(view.getUint8(0)).toBe(2);
  view.setUint8(2, 9);
  expect([...around]).toEqual([1, 2, 3, 9, 5]);
});
