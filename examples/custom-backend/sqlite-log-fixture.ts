import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FixtureOpenOptions, LogFixture, LogPlace } from '@wal/conformance';
import Sqlite from 'better-sqlite3';
import { LIMITS, openSqliteLog, type SqliteLog } from './sqlite-log.ts';

/** A folder of its own, with a database for each life of the log. */
class SqlitePlace implements LogPlace {
  readonly #folder: string;
  #lives = 0;
  #databases: Sqlite.Database[] = [];
  #isReadOnly = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async open(options: FixtureOpenOptions = {}): Promise<SqliteLog> {
    const database = new Sqlite(this.#path);
    this.#databases.push(database);
    const log = await openSqliteLog(database, options);
    this.#refuseWrites();
    return log;
  }

  async destroy(): Promise<void> {
    for (const database of this.#databases) database.close();
    await rm(this.#folder, { recursive: true });
  }

  /** SQLite refuses every write, from now on or no more. */
  setReadOnly(isReadOnly: boolean): void {
    this.#isReadOnly = isReadOnly;
    this.#refuseWrites();
  }

  /**
   * What a killed process leaves is its files as they are, and its locks are gone. So the log lives on in a copy of
   * them, where closing the old one changes nothing. SQLite works in this thread: now it is in the middle of nothing.
   */
  async kill(): Promise<void> {
    const before = this.#path;
    this.#lives++;
    for (const suffix of ['', '-wal'])
      await copyFile(before + suffix, this.#path + suffix).catch(() => undefined); // Not there yet.
    for (const database of this.#databases) database.close();
    this.#databases = [];
  }

  #refuseWrites(): void {
    const value = this.#isReadOnly ? 'ON' : 'OFF';
    for (const database of this.#databases)
      if (database.open) database.pragma(`query_only = ${value}`);
  }

  get #path(): string {
    return join(this.#folder, `life-${this.#lives}.sqlite`);
  }
}

export const sqliteLogFixture: LogFixture = {
  name: 'SqliteLog',
  capabilities: {
    reopen: true,
    exclusion: 'locked',
    ...LIMITS,
    configurableLimit: true,
    metadata: (log) => (log as SqliteLog).metadata,
    failAppends: (place) => {
      (place as SqlitePlace).setReadOnly(true);
      return () => (place as SqlitePlace).setReadOnly(false);
    },
    crash: { kill: (place) => (place as SqlitePlace).kill() },
  },
  place: async () => new SqlitePlace(await mkdtemp(join(tmpdir(), 'sqlite-log-'))),
};
