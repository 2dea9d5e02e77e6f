import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { logConformance } from '@wal/conformance';
import { describe, expect, test } from 'vitest';
import { compiledExample } from './compiled-examples.ts';
import { ExampleProcess } from './example-process.ts';
import { whyNoSqlite } from './sqlite-binary.ts';
import { temporaryFolder } from './temporary-folder.ts';

const reason = whyNoSqlite();
if (reason === undefined) {
  const { default: Sqlite } = await import('better-sqlite3');
  const { openSqliteLog } = await import('../custom-backend/sqlite-log.ts');
  const { sqliteLogFixture } = await import('../custom-backend/sqlite-log-fixture.ts');
  const script = compiledExample('test/sqlite-log-process.ts');
  const report = logConformance({ describe, test }, sqliteLogFixture);

  test('nothing of the suite is skipped', () => {
    expect(report.skipped).toEqual([]);
  });

  test('killed while it commits: what was acknowledged is there, batches are whole', {
    timeout: 300_000,
  }, async () => {
    const path = join(await temporaryFolder(), 'log.sqlite');
    let before = 0;
    for (let kills = 0; kills < 12; kills++) {
      // Killed when it is heard of, while it is long since in another commit.
      const process = new ExampleProcess(script, [path], {
        onLine: (_, { lines, child }) => void (lines.length > kills && child.kill('SIGKILL')),
      });
      expect(await process.exited).toBeNull();
      const acknowledged = Number(process.lines.at(-1));
      expect(acknowledged).toBeGreaterThan(before);
      const log = await openSqliteLog(new Sqlite(path));
      expect(log.lastId).toBeGreaterThanOrEqual(acknowledged);
      expect(log.nextId % 3).toBe(1);
      let id = log.firstId;
      for await (const record of log.iterator()) {
        expect(record.id).toBe(id);
        expect(Buffer.from(record.data).toString()).toBe(`record ${id}`);
        id = record.id + 1;
      }
      expect(id).toBe(log.nextId);
      before = log.nextId - 1;
      await log.close();
    }
  });

  test('what is not its own is refused and left as it is', async () => {
    const folder = await temporaryFolder();
    const foreign = join(folder, 'foreign.sqlite');
    new Sqlite(foreign).exec('CREATE TABLE accounts (name TEXT)').close();
    const newer = join(folder, 'newer.sqlite');
    await (await openSqliteLog(new Sqlite(newer))).close();
    const database = new Sqlite(newer);
    database.pragma('user_version = 2');
    database.close();
    const text = join(folder, 'text');
    await writeFile(text, 'no database, and a little longer than the header of one: '.repeat(20));
    for (const path of [foreign, newer, text]) {
      const bytes = readFileSync(path);
      const opened = openSqliteLog(new Sqlite(path));
      await expect(opened).rejects.toMatchObject({ code: 'ERR_LOG_UNSUPPORTED_FORMAT' });
      expect(readFileSync(path).equals(bytes)).toBe(true);
    }
  });

  test('a commit is synced before it is acknowledged: SQLite is told so', async () => {
    const database = new Sqlite(join(await temporaryFolder(), 'log.sqlite'));
    const log = await openSqliteLog(database);
    expect(database.pragma('synchronous', { simple: true })).toBe(2); // FULL
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
    await log.close();
  });
} else {
  // better-sqlite3 is a binary for one version of Node, and optional: where it does not load, the title says why.
  test.skip(`conformance of SqliteLog [skipped: ${reason}]`, () => undefined);
}

test('the backend on SQLite is short', () => {
  const text = readFileSync(new URL('../custom-backend/sqlite-log.ts', import.meta.url), 'utf8');
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(130);
});
