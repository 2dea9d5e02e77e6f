/*
 * A log in a SQLite database: a table of records, and one row for what else a log is. A change of the log is a
 * transaction. Durable means in SQLite's own write-ahead log, synced (journal_mode=WAL, synchronous=FULL). One
 * connection has the database at a time. SQLite works in the calling thread: nothing else happens during a commit.
 *
 * sqlite-log-fixture.ts gives it to the conformance suite; sqlite-log-node-test.ts runs that under node:test.
 */
import * as wal from '@wal/core';
import type { Database } from 'better-sqlite3';

export const LIMITS: wal.AppendLimits = { maxRecordBytes: 1_048_576, maxBatchBytes: 16_777_216 };
/** Tells our databases from others, and this version from later ones. */
const [APPLICATION_ID, VERSION] = [0x77_61_6c_31, 1];
/** How much is read at once, each record counted with 64 bytes more than it has. */
const READ_BYTES = 262_144;

export interface SqliteLogOptions {
  /** Of a new log. Default 1. */
  readonly firstId?: wal.RecordId | undefined;
  /** Kept at creation, and compared at each opening that gives it. */
  readonly metadata?: Uint8Array | undefined;
  readonly maxRecordBytes?: number | undefined;
}

export interface SqliteLog extends wal.Log {
  readonly metadata: Uint8Array;
}

/** The row beside the records. */
interface State extends wal.LogExtent {
  readonly metadata: Uint8Array;
}

/** Opens the log in a database, and creates it in an empty one. The connection is the log's: closed with it. */
export async function openSqliteLog(
  database: Database,
  options: SqliteLogOptions = {},
): Promise<SqliteLog> {
  try {
    const { firstId = 1, maxRecordBytes = LIMITS.maxRecordBytes, metadata } = options;
    wal.checkRecordId('firstId', firstId);
    wal.checkInteger('maxRecordBytes', maxRecordBytes, 1, LIMITS.maxBatchBytes);
    const given = metadata === undefined ? undefined : wal.copyBytes('metadata', metadata);
    takeLock(database);
    refuseForeign(database);
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.transaction(create)(database, firstId, given ?? new Uint8Array());
    const state = database.prepare<[], State>('SELECT * FROM state').get() as State;
    if (given !== undefined && Buffer.compare(given, state.metadata) !== 0)
      throw new wal.LogError('ERR_LOG_METADATA_MISMATCH', 'the log has other metadata');
    const log = wal.createSerialLog(storeIn(database, { ...LIMITS, maxRecordBytes }), state);
    return Object.assign(log, { metadata: new Uint8Array(state.metadata) });
  } catch (error) {
    database.close();
    throw logError(error);
  }
}

/** Nobody else gets the database until it is closed, or this process is gone. */
function takeLock(database: Database): void {
  database.pragma('busy_timeout = 0');
  database.pragma('locking_mode = EXCLUSIVE');
  database.exec('BEGIN EXCLUSIVE; COMMIT');
}

/** @throws LogError `ERR_LOG_UNSUPPORTED_FORMAT` for a newer log's database, or another program's. */
function refuseForeign(database: Database): void {
  const version = Number(database.pragma('user_version', { simple: true }));
  const isOurs = database.pragma('application_id', { simple: true }) === APPLICATION_ID;
  const isEmpty = database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;
  if (isOurs ? version === VERSION : isEmpty) return;
  const message = isOurs ? `the database is of version ${version}` : 'the database is no log';
  throw new wal.LogError('ERR_LOG_UNSUPPORTED_FORMAT', message, { version });
}

function create(database: Database, firstId: wal.RecordId, metadata: Uint8Array): void {
  database.pragma(`application_id = ${APPLICATION_ID}`);
  database.pragma(`user_version = ${VERSION}`);
  database.exec(`
    CREATE TABLE IF NOT EXISTS records (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS state (firstId INTEGER, nextId INTEGER, metadata BLOB) STRICT`);
  const insert = 'INSERT INTO state SELECT ?, ?, ? WHERE NOT EXISTS (SELECT * FROM state)';
  database.prepare(insert).run(firstId, firstId, metadata);
}

function storeIn(database: Database, limits: wal.AppendLimits): wal.SerialStore {
  const insert = database.prepare<[number, Uint8Array]>('INSERT INTO records VALUES (?, ?)');
  const [remove, extend, select] = [
    database.prepare('DELETE FROM records WHERE id < :firstId OR id >= :nextId'),
    database.prepare('UPDATE state SET firstId = :firstId, nextId = :nextId'),
    database.prepare<[number, number], wal.LogRecord>(
      'SELECT id, data FROM records WHERE id BETWEEN ? AND ? ORDER BY id',
    ),
  ];
  const commit = database.transaction(({ firstId, nextId, records }: wal.LogChange): void => {
    let id = nextId - records.length;
    for (const data of records) insert.run(id++, data);
    if (records.length === 0) remove.run({ firstId, nextId });
    extend.run({ firstId, nextId });
  });
  return {
    limits,
    commit: async (change) => commit(change),
    async read(from, through) {
      const records: wal.LogRecord[] = [];
      let left = READ_BYTES;
      for (const record of select.iterate(from, through)) {
        records.push(record);
        left -= record.data.length + 64;
        if (left <= 0) break;
      }
      return records;
    },
    close: async () => void database.close(),
  };
}

/** What opening says: a code of the contract where it has one for what SQLite found. */
function logError(error: unknown): wal.LogError {
  if (wal.isLogError(error)) return error;
  const { code = '', message } = error as { code?: string; message: string };
  if (code.startsWith('SQLITE_BUSY')) return new wal.LogError('ERR_LOG_LOCKED', message);
  const isForeign = code === 'SQLITE_NOTADB';
  const isRotten = code.startsWith('SQLITE_CORRUPT');
  const failure = isRotten ? 'ERR_LOG_CORRUPT' : 'ERR_LOG_FAILED';
  return new wal.LogError(isForeign ? 'ERR_LOG_UNSUPPORTED_FORMAT' : failure, message, {
    cause: error,
  });
}
