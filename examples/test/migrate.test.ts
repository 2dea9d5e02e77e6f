import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '@wal/core';
import { createMemLog, createMemStorage, failOnce, type MemLogFaults } from '@wal/memlog';
import { describe, expect, onTestFinished, test } from 'vitest';
import { importRecords } from '../migrate/import-records.ts';
import { jsonLines } from '../migrate/json-lines.ts';
import { lengthPrefixed } from '../migrate/length-prefixed.ts';
import { decodeRow, encodeRow, type Row, tableRows } from '../migrate/table.ts';
import { whyNoSqlite } from './sqlite-binary.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** As text, a character a byte: long ones are compared quickly. */
const text = (data: Uint8Array): string => Buffer.from(data).toString('latin1');

const MAX_BYTES = 1_048_576;
const record = (i: number): Buffer => Buffer.from(`{"event":${i}}`);
const records = (count: number): Buffer[] => Array.from({ length: count }, (_, i) => record(i + 1));
const texts = (count: number): string[] => records(count).map(text);

async function* sourceOf(all: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* all;
}

async function contentOf(log: Log): Promise<string[]> {
  const all: string[] = [];
  for await (const { data } of log.iterator()) all.push(text(data));
  return all;
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<string[]> {
  const all: string[] = [];
  for await (const data of source) all.push(text(data));
  return all;
}

describe('an import', () => {
  test('appends everything; a second one compares everything', async () => {
    const log = createMemLog();
    const all = records(2_500);
    expect(await importRecords(log, sourceOf(all))).toEqual({ compared: 0, imported: 2_500 });
    expect(await contentOf(log)).toEqual(all.map(text));
    expect(await importRecords(log, sourceOf(all))).toEqual({ compared: 2_500, imported: 0 });
  });

  test('of nothing is nothing', async () => {
    expect(await importRecords(createMemLog(), sourceOf([]))).toEqual({ compared: 0, imported: 0 });
  });

  test('takes records that are larger than a batch, and empty ones', async () => {
    const log = createMemLog();
    const all = [Buffer.alloc(MAX_BYTES, 1), Buffer.alloc(0), Buffer.alloc(MAX_BYTES, 2)];
    await importRecords(log, sourceOf(all));
    expect(await contentOf(log)).toEqual(all.map(text));
  });

  test('that is killed in any of its appends goes on, and nothing is lost or doubled', async () => {
    const all = records(5_000);
    for (let killedIn = 1; killedIn <= 5; killedIn++) {
      for (const keepInFlight of [0, 1]) {
        const storage = createMemStorage();
        let appends = 0;
        const crash = (): Promise<void> => {
          if (++appends < killedIn) return Promise.resolve();
          storage.crash({ keepInFlight });
          return new Promise(() => {});
        };
        const log = createMemLog({ storage, faults: { beforeSync: crash } });
        await expect(importRecords(log, sourceOf(all))).rejects.toThrow();
        const reopened = createMemLog({ storage });
        const compared = (killedIn - 1 + keepInFlight) * 1_000;
        const imported = all.length - compared;
        expect(await importRecords(reopened, sourceOf(all))).toEqual({ compared, imported });
        expect(await contentOf(reopened)).toEqual(all.map(text));
      }
    }
  });

  test('that the disk has no room for goes on when it has', async () => {
    const faults: MemLogFaults = { beforeAppend: failOnce() };
    const log = createMemLog({ faults });
    await expect(importRecords(log, sourceOf(records(3)))).rejects.toThrow();
    await importRecords(log, sourceOf(records(3)));
    expect(await contentOf(log)).toEqual(texts(3));
  });

  test('stops where a record differs, and at a log that has more', async () => {
    const log = createMemLog();
    await importRecords(log, sourceOf(records(3)));
    const other = [record(1), Buffer.from('other'), record(3)];
    await expect(importRecords(log, sourceOf(other))).rejects.toThrow('record 2 differs');
    await expect(importRecords(log, sourceOf(records(2)))).rejects.toThrow('the log has record 3');
    expect(await contentOf(log)).toEqual(texts(3));
  });
});

describe('JSON lines', () => {
  const written = async (content: string | Buffer): Promise<string> => {
    const path = join(await temporaryFolder(), 'events.jsonl');
    await writeFile(path, content);
    return path;
  };

  test('are what stands between line ends, whatever the file is read by', async () => {
    const long = Buffer.from(`"${'é'.repeat(200_000)}"`);
    const all = [record(1), long, Buffer.from('null'), record(2)];
    const path = await written(Buffer.concat(all.flatMap((one) => [one, Buffer.from('\n')])));
    expect(await collect(jsonLines(path))).toEqual(all.map(text));
  });

  test('a last one without an end is left out, at each length', async () => {
    const lines = '{"a":1}\n{"b":2}\n';
    for (let length = 0; length <= lines.length; length++) {
      const path = await written(lines.slice(0, length));
      const whole = lines.slice(0, length).split('\n').length - 1;
      expect(await collect(jsonLines(path))).toEqual(['{"a":1}', '{"b":2}'].slice(0, whole));
    }
  });

  test('one that is no JSON stops it', async () => {
    const path = await written('{"a":1}\n{"b":\n{"c":3}\n');
    await expect(collect(jsonLines(path))).rejects.toThrow('line 2');
  });
});

describe('length and bytes', () => {
  const encode = (all: readonly Uint8Array[]): Buffer =>
    Buffer.concat(
      all.flatMap((data) => {
        const length = Buffer.alloc(4);
        length.writeUInt32BE(data.length);
        return [length, data];
      }),
    );

  test('are records, and a last one that is not whole is left out, at each length', async () => {
    const all = [Buffer.from('one'), Buffer.alloc(0), Buffer.from('three')];
    const bytes = encode(all);
    const ends = all.map((_, i) => encode(all.slice(0, i + 1)).length);
    const path = join(await temporaryFolder(), 'events.bin');
    for (let length = 0; length <= bytes.length; length++) {
      await writeFile(path, bytes.subarray(0, length));
      const whole = ends.filter((end) => end <= length).length;
      expect(await collect(lengthPrefixed(path, MAX_BYTES))).toEqual(all.slice(0, whole).map(text));
    }
  });

  test('records longer than what is read at once', async () => {
    const all = [Buffer.alloc(500_000, 1), Buffer.alloc(70_000, 2)];
    const path = join(await temporaryFolder(), 'events.bin');
    await writeFile(path, encode(all));
    expect(await collect(lengthPrefixed(path, MAX_BYTES))).toEqual(all.map(text));
  });

  test('a length that cannot be stops it, and says where', async () => {
    const path = join(await temporaryFolder(), 'events.bin');
    await writeFile(path, Buffer.concat([encode([Buffer.from('one')]), Buffer.alloc(9, 0xff)]));
    await expect(collect(lengthPrefixed(path, MAX_BYTES))).rejects.toThrow('4294967295 bytes at 7');
  });
});

test('rows of a table are records that keep their ids', async () => {
  const rows: Row[] = [
    { id: -3, data: Buffer.from('a') },
    { id: 7, data: Buffer.alloc(0) },
    { id: Number.MAX_SAFE_INTEGER, data: Buffer.from('c') },
  ];
  const log = createMemLog();
  await importRecords(log, tableRows(rows));
  const stored = (await contentOf(log)).map((one) => decodeRow(Buffer.from(one, 'latin1')));
  expect(stored).toEqual(rows);
  expect(decodeRow(encodeRow(rows[0] as Row))).toEqual(rows[0]);
  const disordered = [{ id: 2, data: Buffer.alloc(0) }, ...rows.slice(0, 1)];
  await expect(collect(tableRows(disordered))).rejects.toThrow('row -3 comes after row 2');
});

const reason = whyNoSqlite();
test.skipIf(reason !== undefined)(
  `a table of SQLite${reason === undefined ? '' : ` [skipped: ${reason}]`}`,
  async () => {
    const { default: Sqlite } = await import('better-sqlite3');
    const { importTable } = await import('../migrate/import-table.ts');
    const database = new Sqlite(':memory:');
    onTestFinished(() => void database.close());
    database.exec('CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, data BLOB NOT NULL)');
    const insert = database.prepare('INSERT INTO events (data) VALUES (?)');
    for (const data of records(2_500)) insert.run(data);
    database.exec('DELETE FROM events WHERE id % 3 = 0'); // Its ids have gaps.
    const kept = records(2_500).flatMap((data, i) =>
      (i + 1) % 3 === 0 ? [] : [{ id: i + 1, data }],
    );
    const log = createMemLog();
    expect(await importTable(log, database)).toEqual({ compared: 0, imported: kept.length });
    expect(await contentOf(log)).toEqual(kept.map((row) => text(encodeRow(row))));
    insert.run(record(0)); // The old program goes on.
    expect(await importTable(log, database)).toEqual({ compared: kept.length, imported: 1 });
  },
);
