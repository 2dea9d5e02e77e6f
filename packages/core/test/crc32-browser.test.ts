import { crc32 as zlibCrc32 } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { crc32 } from '../src/crc32.ts';
import { SeededRandom, seed } from './seeded-random.ts';

// What a browser gets: the module that the "default" condition names.
vi.mock('../src/crc32-bulk.node.ts', () => import('../src/crc32-bulk.ts'));

test(`without a bulk CRC the values are the same at every length (seed ${seed})`, async () => {
  expect((await import('../src/crc32-bulk.node.ts')).crc32Bulk).toBeUndefined();
  const bytes = new SeededRandom(seed).bytes(70_000);
  for (let length = 0; length <= 600; length++) {
    const part = bytes.subarray(0, length);
    expect(crc32(part, length)).toBe(zlibCrc32(part, length));
  }
  expect(crc32(bytes)).toBe(zlibCrc32(bytes));
});
