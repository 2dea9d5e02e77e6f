import { join } from 'node:path';
import type { Contender, ReadableContender, ReadableStore, Store } from './store.ts';
import { loadThirdParty } from './third-party.ts';

interface Statement {
  run(value: Uint8Array): unknown;
  get(id: number): { data: Uint8Array };
  iterate(): Iterable<{ data: Uint8Array }>;
}

interface Database {
  pragma(text: string): unknown;
  exec(text: string): unknown;
  prepare(text: string): Statement;
  transaction(
    run: (records: readonly Uint8Array[]) => void,
  ): (records: readonly Uint8Array[]) => void;
  close(): void;
}

type Module = new (path: string) => Database;

const FILL_BATCH = 10_000;
const INSERT = 'INSERT INTO records (data) VALUES (?)';

/** A table whose row ids are the ids, WAL mode, each commit synced. */
export const betterSqlite3: Contender = {
  name: 'better-sqlite3',
  durable: 'synced',
  note: 'blocks the event loop while it syncs',
  blocksTheLoop: true,
  async open(folder): Promise<Store> {
    const database = openDatabase(folder);
    const insert = database.prepare(INSERT);
    const insertAll = database.transaction((records) => {
      for (const record of records) insert.run(record);
    });
    return {
      append: async (record) => insert.run(record),
      appendBatch: async (records) => insertAll(records),
      close: async () => database.close(),
    };
  },
};

export const readableBetterSqlite3: ReadableContender = {
  name: 'better-sqlite3',
  async fill(folder, record, count): Promise<ReadableStore> {
    const database = openDatabase(folder);
    const insert = database.prepare(INSERT);
    const fillAll = database.transaction((records) => {
      for (const each of records) insert.run(each);
    });
    const batch = Array.from({ length: FILL_BATCH }, () => record);
    for (let left = count; left > 0; left -= FILL_BATCH) {
      fillAll(left < FILL_BATCH ? batch.slice(0, left) : batch);
    }
    const all = database.prepare('SELECT id, data FROM records ORDER BY id');
    const one = database.prepare('SELECT data FROM records WHERE id = ?');
    return {
      async scan() {
        let bytes = 0;
        for (const { data } of all.iterate()) bytes += data.length;
        return bytes;
      },
      get: (place) => one.get(place + 1).data,
      close: async () => database.close(),
    };
  },
};

function openDatabase(folder: string): Database {
  const Database = loadThirdParty<Module>('better-sqlite3');
  const database = new Database(join(folder, 'sqlite.db'));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec('CREATE TABLE records (id INTEGER PRIMARY KEY, data BLOB NOT NULL)');
  return database;
}
