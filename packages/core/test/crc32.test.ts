import { readFileSync } from 'node:fs';
import { crc32 as zlibCrc32 } from 'node:zlib';
import { crc32 } from '@wal/core';
import CRC32 from 'crc-32';
import { describe, expect, test } from 'vitest';
import { crc32Bulk as nodeBulk } from '../src/crc32-bulk.node.ts';
import { crc32Bulk as browserBulk } from '../src/crc32-bulk.ts';
import { SeededRandom, seed } from './seeded-random.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('crc32', () => {
  test.each([
    ['', 0],
    ['a', 0xe8b7be43],
    ['abc', 0x352441c2],
    ['123456789', 0xcbf43926],
    ['The quick brown fox jumps over the lazy dog', 0x414fa339],
  ])('is CRC-32 (IEEE 802.3): %j', (text, expected) => {
    expect(crc32(ascii(text))).toBe(expected);
  });

  test('known values of runs of one byte', () => {
    expect(crc32(new Uint8Array(32))).toBe(0x190a55ad);
    expect(crc32(new Uint8Array(32).fill(0xff))).toBe(0xff6cab0b);
    expect(crc32(new Uint8Array(1024))).toBe(0xefb5af2e);
  });

  test(`gives what zlib and the JavaScript table give, at every length and seed (seed ${seed})`, () => {
    const random = new SeededRandom(seed);
    const bytes = random.bytes(600);
    for (let length = 0; length <= 600; length++) {
      const part = bytes.subarray(0, length);
      for (const before of [
        0,
        1,
        0x7fffffff,
        0x80000000,
        0xffffffff,
        random.integer(0, 2 ** 32 - 1),
      ]) {
        const expected = zlibCrc32(part, before);
        expect(crc32(part, before), `${length} bytes after ${before}`).toBe(expected);
        expect(CRC32.buf(part, before) >>> 0, `${length} bytes after ${before}`).toBe(expected);
      }
    }
  });

  test(`a seed is the CRC of what came before, however it is cut (seed ${seed})`, () => {
    const random = new SeededRandom(seed);
    const bytes = random.bytes(700);
    const whole = crc32(bytes);
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut)))).toBe(whole);
    }
  });

  test('a view inside a larger buffer counts for its own bytes alone', () => {
    const around = new Uint8Array(1000).fill(7);
    around.set(ascii('123456789'), 500);
    expect(crc32(around.subarray(500, 509))).toBe(0xcbf43926);
  });
});

describe('#crc32-bulk', () => {
  test('Node has a bulk CRC, everything else does without one', () => {
    expect(nodeBulk).toBe(zlibCrc32);
    expect(browserBulk).toBeUndefined();
  });

  test('the package maps it by condition, "node" before "default", as sources and as built', () => {
    const packageJson = JSON.parse(
      readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
    );
    const { '@wal/source': source, ...built } = packageJson.imports['#crc32-bulk'];
    expect(Object.entries(source)).toEqual([
      ['node', './src/crc32-bulk.node.ts'],
      ['default', './src/crc32-bulk.ts'],
    ]);
    expect(Object.entries(built)).toEqual([
      ['node', './dist/crc32-bulk.node.js'],
      ['default', './dist/crc32-bulk.js'],
    ]);
  });
});
