import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DiskFile } from '@wal/core';
import { nodeDisk } from '@wal/fslog';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const BYTES = Uint8Array.of(1, 2, 3, 4);

describe('a write through of the real disk', () => {
  let directory: string;
  let file: DiskFile;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'write-through-'));
    file = await nodeDisk.create(join(directory, 'file'));
  });

  afterEach(async () => {
    await file.close().catch(() => undefined);
    await rm(directory, { recursive: true });
  });

  async function contents(): Promise<number[]> {
    const buffer = new Uint8Array(16);
    return [...buffer.subarray(0, await file.read(buffer, 0))];
  }

  test('writes where it is told, like any other', async () => {
    expect(await file.writeThrough?.(BYTES, 0)).toBe(4);
    expect(await file.write(BYTES, 2)).toBe(4);
    expect(await file.writeThrough?.(BYTES.subarray(3), 5)).toBe(1);
    expect(await contents()).toEqual([1, 2, 1, 2, 3, 4]);
  });

  test('several may be under way, the first ones too', async () => {
    await Promise.all([0, 4, 8].map((at) => file.writeThrough?.(BYTES, at)));
    expect(await contents()).toEqual([...BYTES, ...BYTES, ...BYTES]);
  });

  test('does not write to another file that has got the name', async () => {
    await rename(join(directory, 'file'), join(directory, 'moved'));
    await writeFile(join(directory, 'file'), 'another');
    expect(await file.writeThrough?.(BYTES, 0)).toBe(4);
    expect(await contents()).toEqual([...BYTES]);
    const other = await nodeDisk.open(join(directory, 'file'), 'read');
    expect(await other.size()).toBe('another'.length);
    await other.close();
  });

  test('works where the name is gone', async () => {
    await rm(join(directory, 'file'));
    expect(await file.writeThrough?.(BYTES, 0)).toBe(4);
    expect(await contents()).toEqual([...BYTES]);
  });

  test('uses no descriptor once it is closed', async () => {
    await file.writeThrough?.(BYTES, 0);
    await file.close();
    await expect(file.writeThrough?.(BYTES, 0)).rejects.toThrow();
  });
});
