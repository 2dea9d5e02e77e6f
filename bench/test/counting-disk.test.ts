import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeDisk, openFsLog } from '@wal/fslog';
import { expect, test } from 'vitest';
import { countingDisk } from '../src/disk/counting-disk.ts';

test('counts the writes, bytes and syncs of a file, and what they return is returned', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wal-bench-test-'));
  try {
    const { disk, calls } = countingDisk(nodeDisk);
    const file = await disk.create(join(folder, 'file'));
    expect(await file.write(Buffer.from('twelve bytes'), 0)).toBe(12);
    await file.sync();
    expect(await file.size()).toBe(12);
    await file.close();
    await disk.syncDirectory(folder);
    expect(calls).toEqual({ writes: 1, writtenBytes: 12, syncs: 2 });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a log works on it, and an append costs it a write of more than the record', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wal-bench-test-'));
  try {
    const { disk, calls } = countingDisk(nodeDisk);
    const log = await openFsLog(join(folder, 'log'), { disk, preallocate: false });
    const before = { ...calls };
    await log.append(Buffer.alloc(256));
    expect(calls.writes - before.writes).toBeGreaterThanOrEqual(1);
    expect(calls.writtenBytes - before.writtenBytes).toBeGreaterThan(256);
    await log.close();
  } finally {
    await rm(folder, { recursive: true });
  }
});
