// Imports a table of SQLite. See docs/guides/migrate.md.
import type { Log } from '@wal/core';
import type { Database } from 'better-sqlite3';
import { type Imported, importRecords } from './import-records.ts';
import { type Row, tableRows } from './table.ts';

/** All rows of `events`, whose `data` is a BLOB. One at a time is in memory. */
export async function importTable(log: Log, database: Database): Promise<Imported> {
  const rows = database.prepare<[], Row>('SELECT id, data FROM events ORDER BY id').iterate();
  return await importRecords(log, tableRows(rows));
}
