import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isLogError } from '@wal/core';
import { openFsLog } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import type { ByteReader } from '../src/dump/byte-reader.ts';
import { dumpBytes } from '../src/dump/dump-bytes.ts';
import type { DumpPart } from '../src/dump/dump-part.ts';

const FILES = {
  segment: '../../core/test/golden/v1/worked-example.wal',
  'segment with zeros': '../../core/test/golden/v1/small.wal',
  chunk: '../../s3log/test/golden/v1/chunk-next.obj',
  seal: '../../s3log/test/golden/v1/seal.obj',
  root: '../../s3log/test/golden/v1/root-used.obj',
} as const;

const GOLDEN: Record<string, Uint8Array> = { META: await metaFile() };
for (const [kind, path] of Object.entries(FILES)) {
  GOLDEN[kind] = await readFile(new URL(path, import.meta.url));
}

/** What a log with metadata, whose owner closed it, has in META. */
async function metaFile(): Promise<Uint8Array> {
  const directory = await mkdtemp(join(tmpdir(), 'wal-meta-'));
  try {
    const log = await openFsLog(directory, { metadata: Buffer.from('demo') });
    await log.append(Buffer.from('record'));
    await log.close();
    const [name = ''] = await readdir(join(directory, 'META'));
    return await readFile(join(directory, 'META', name));
  } finally {
    await rm(directory, { recursive: true });
  }
}

function readerOf(bytes: Uint8Array): ByteReader {
  return {
    name: '0000000000000001-0000000000000001.wal',
    size: bytes.length,
    read: async (byteOffset, length) => bytes.subarray(byteOffset, byteOffset + length),
    close: async () => undefined,
  };
}

/** The parts, which cover every byte in their order; or the error that the format is a newer one. */
async function dumped(bytes: Uint8Array): Promise<readonly DumpPart[] | 'unsupported'> {
  const parts: DumpPart[] = [];
  try {
    for await (const part of await dumpBytes(readerOf(bytes), {})) parts.push(part);
  } catch (error) {
    if (isLogError(error, 'ERR_LOG_UNSUPPORTED_FORMAT')) return 'unsupported';
    throw error;
  }
  let end = 0;
  for (const { byteOffset, bytes: length } of parts) {
    expect(byteOffset).toBe(end);
    end += length;
  }
  expect(end).toBe(bytes.length);
  return parts;
}

describe.each(Object.entries(GOLDEN))('a %s', (kind, golden) => {
  test('that is whole: no problem', async () => {
    const parts = await dumped(golden);
    expect(parts).not.toBe('unsupported');
    for (const { problem } of parts as DumpPart[]) expect(problem).toBeUndefined();
  });

  test('with a flipped bit: it is told where, but in padding, and all else is explained', async () => {
    const unnoticed: number[] = [];
    // META is mostly zeros: of each byte of it one bit.
    for (let bit = 0; bit < golden.length * 8; bit += kind === 'META' ? 7 : 1) {
      const bytes = Uint8Array.from(golden);
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
      const parts = await dumped(bytes);
      if (parts === 'unsupported') continue;
      const found = parts.find(({ problem }) => problem !== undefined);
      if (found === undefined) unnoticed.push(bit >> 3);
      else expect(found.byteOffset).toBeLessThanOrEqual(bit >> 3);
    }
    // Padding behind metadata and bodies, and the one byte of a seal.
    const paddings: Record<string, number[]> = {
      segment: [0x54, 0x55, 0x56, 0x57, 0xab, 0xac, 0xad, 0xae, 0xaf],
      seal: [0x80],
      root: [],
      META: [],
    };
    const padding = paddings[kind];
    if (padding !== undefined) expect([...new Set(unnoticed)]).toEqual(padding);
    for (const at of unnoticed) expect(golden[at]).toBe(0);
  });

  test('that is cut anywhere: the rest is explained', async () => {
    for (let length = 8; length < golden.length; length++) {
      await dumped(golden.subarray(0, length));
    }
  });
});
