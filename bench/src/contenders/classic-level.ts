import { join } from 'node:path';
import type { Contender, ReadableContender, ReadableStore, Store } from './store.ts';
import { loadThirdParty } from './third-party.ts';

interface Iterator {
  nextv(size: number): Promise<[Uint8Array, Uint8Array][]>;
  close(): Promise<void>;
}

interface Database {
  open(): Promise<void>;
  put(key: Uint8Array, value: Uint8Array, options?: { sync: boolean }): Promise<void>;
  batch(
    operations: { type: 'put'; key: Uint8Array; value: Uint8Array }[],
    options?: { sync: boolean },
  ): Promise<void>;
  get(key: Uint8Array): Promise<Uint8Array>;
  iterator(): Iterator;
  close(): Promise<void>;
}

interface Module {
  readonly ClassicLevel: new (
    location: string,
    options: { keyEncoding: 'view'; valueEncoding: 'view' },
  ) => Database;
}

const SYNC = { sync: true };
const FILL_BATCH = 1000;

/** LevelDB, every write with `sync: true`; the key is a counter of eight bytes. */
export const classicLevel: Contender = {
  name: 'classic-level',
  durable: 'synced',
  async open(folder): Promise<Store> {
    const database = await openDatabase(folder);
    let next = 0;
    return {
      append: (record) => database.put(key(next++), record, SYNC),
      appendBatch: (records) =>
        database.batch(
          records.map((value) => ({ type: 'put', key: key(next++), value })),
          SYNC,
        ),
      close: () => database.close(),
    };
  },
};

export const readableClassicLevel: ReadableContender = {
  name: 'classic-level',
  async fill(folder, record, count): Promise<ReadableStore> {
    const database = await openDatabase(folder);
    for (let from = 0; from < count; from += FILL_BATCH) {
      const length = Math.min(FILL_BATCH, count - from);
      const put = (_: unknown, i: number) =>
        ({ type: 'put', key: key(from + i), value: record }) as const;
      await database.batch(Array.from({ length }, put));
    }
    return {
      async scan() {
        const iterator = database.iterator();
        let bytes = 0;
        for (let run = await iterator.nextv(1000); run.length > 0; ) {
          for (const [, value] of run) bytes += value.length;
          run = await iterator.nextv(1000);
        }
        await iterator.close();
        return bytes;
      },
      get: (place) => database.get(key(place)),
      close: () => database.close(),
    };
  },
};

async function openDatabase(folder: string): Promise<Database> {
  const { ClassicLevel } = loadThirdParty<Module>('classic-level');
  const encodings = { keyEncoding: 'view', valueEncoding: 'view' } as const;
  const database = new ClassicLevel(join(folder, 'level'), encodings);
  await database.open();
  return database;
}

/** Big-endian, so that keys sort as numbers. */
function key(place: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(place));
  return bytes;
}
