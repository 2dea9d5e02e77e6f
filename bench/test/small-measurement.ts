import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Settings } from '../src/measurement.ts';

/** A measurement that only shows that it runs. */
export function smallMeasurement(folder: string): Settings {
  return { folder, rounds: 1, roundMs: 20, quick: true, withPeers: false, freeBytes: 0 };
}

/** Runs in the folder for temporary files, whatever disk that is on, and in a folder that must be left empty. */
export async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'wal-bench-test-'));
  try {
    await run(folder);
    expect(await readdir(folder), 'what is left behind').toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
