import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDirectoryStore, createMemoryStore, type ObjectStore } from '@wal/s3log';
import { startS3 } from './s3-bucket.ts';

/** A store of a fixture's own. */
export interface FixtureStore {
  readonly store: ObjectStore;
  readonly remove: () => Promise<void>;
}

export const inMemory = async (): Promise<FixtureStore> => ({
  store: createMemoryStore(),
  remove: async () => undefined,
});

export async function inDirectory(): Promise<FixtureStore> {
  const directory = await mkdtemp(join(tmpdir(), 's3log-'));
  const remove = () => rm(directory, { recursive: true, force: true });
  // A process is killed here, not the machine: its puts need not be on the disk, which others may keep busy.
  return { store: createDirectoryStore(directory, { durability: 'none' }), remove };
}

export async function inBucket(): Promise<FixtureStore> {
  const { store, stop } = await startS3();
  return { store, remove: stop };
}
