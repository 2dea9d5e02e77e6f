import { join } from 'node:path';
import type { Contender, ReadableContender, ReadableStore, Store } from './store.ts';
import { loadThirdParty } from './third-party.ts';

interface Database {
  put(key: number, value: Uint8Array): Promise<boolean>;
  batch(action: () => void): Promise<boolean>;
  get(key: number): Uint8Array;
  getRange(options: object): Iterable<{ key: number; value: Uint8Array }>;
  readonly flushed: Promise<boolean>;
  close(): Promise<void>;
}

interface Module {
  open(options: { path: string; encoding: 'binary' }): Database;
}

const FILL_BATCH = 10_000;

/** A memory-mapped B-tree; an append awaits its commit, and then that it is flushed. */
export const lmdb: Contender = {
  name: 'lmdb',
  durable: 'synced',
  async open(folder): Promise<Store> {
    const database = openDatabase(folder);
    let next = 0;
    return {
      async append(record) {
        await database.put(next++, record);
        await database.flushed;
      },
      async appendBatch(records) {
        await database.batch(() => {
          for (const record of records) void database.put(next++, record);
        });
        await database.flushed;
      },
      close: () => database.close(),
    };
  },
};

export const readableLmdb: ReadableContender = {
  name: 'lmdb',
  async fill(folder, record, count): Promise<ReadableStore> {
    const database = openDatabase(folder);
    for (let from = 0; from < count; from += FILL_BATCH) {
      await database.batch(() => {
        for (let i = from; i < Math.min(count, from + FILL_BATCH); i++) {
          void database.put(i, record);
        }
      });
    }
    await database.flushed;
    return {
      async scan() {
        let bytes = 0;
        for (const { value } of database.getRange({})) bytes += value.length;
        return bytes;
      },
      get: (place) => database.get(place),
      close: () => database.close(),
    };
  },
};

function openDatabase(folder: string): Database {
  const { open } = loadThirdParty<Module>('lmdb');
  return open({ path: join(folder, 'lmdb'), encoding: 'binary' });
}
