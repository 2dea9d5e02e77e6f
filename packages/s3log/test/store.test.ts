import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createDirectoryStore,
  createMemoryStore,
  type DirectoryStoreOptions,
  type ObjectStore,
} from '@wal/s3log';
import { storeConformance } from '@wal/s3log/store-suite';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { startS3 } from './support/s3-bucket.ts';

const ends: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const end of ends) await end();
});

async function inDirectory(options?: DirectoryStoreOptions): Promise<ObjectStore> {
  const directory = await mkdtemp(join(tmpdir(), 's3log-store-'));
  ends.push(() => rm(directory, { recursive: true, force: true }));
  return createDirectoryStore(directory, options);
}

const stores: Record<string, () => Promise<ObjectStore>> = {
  'in memory': async () => createMemoryStore(),
  'in a directory': () => inDirectory(),
  'in a directory, not synced': () => inDirectory({ durability: 'none' }),
  'in a bucket, over HTTP': async () => {
    const { store, stop } = await startS3();
    ends.push(stop);
    return store;
  },
};

for (const [name, make] of Object.entries(stores)) {
  describe(`a store ${name}`, () => {
    let store: ObjectStore;
    beforeAll(async () => {
      store = await make();
    });
    storeConformance({ describe, test }, { name, open: () => store });
    it('has nothing left in it', async () => {
      expect(await store.list('')).toEqual([]);
    });
  });
}

it('a place that can be no directory is refused, not tried again', async () => {
  const store = createDirectoryStore(fileURLToPath(import.meta.url));
  await expect(store.putIfAbsent('a', Buffer.from('x'))).rejects.toMatchObject({ kind: 'refused' });
});
