import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDirectoryStore, createMemoryStore, type ObjectStore } from '@wal/s3log';
import { afterAll, describe } from 'vitest';
import { startS3 } from './support/s3-bucket.ts';
import { describeStore } from './support/store-suite.ts';

const ends: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const end of ends) await end();
});

const stores: Record<string, () => Promise<ObjectStore>> = {
  'in memory': async () => createMemoryStore(),
  'in a directory': async () => {
    const directory = await mkdtemp(join(tmpdir(), 's3log-store-'));
    ends.push(() => rm(directory, { recursive: true, force: true }));
    return createDirectoryStore(directory);
  },
  'in a bucket, over HTTP': async () => {
    const { store, stop } = await startS3();
    ends.push(stop);
    return store;
  },
};

for (const [name, make] of Object.entries(stores))
  describe(`a store ${name}`, () => describeStore(make));
