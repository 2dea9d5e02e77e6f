import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openFsLog } from '@wal/fslog';
import { S3Server } from '@wal/s3-servers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bucketContents, bucketEnvironment, directoryContents } from './logs/log-contents.ts';
import { createLog, createLongLog, records, SOURCE_LOGS } from './logs/source-logs.ts';
import { compileCli } from './process/compiled-cli.ts';
import { temporaryFolder } from './process/temporary-folder.ts';
import { shell, wal } from './process/wal-process.ts';

compileCli();

let server: S3Server;
beforeAll(async () => {
  server = await S3Server.start();
});
afterAll(() => server.stop());

describe('export and import', () => {
  test.each(SOURCE_LOGS)(
    'a log $title: the same through a pipe, and from a file',
    async (source) => {
      const cwd = await temporaryFolder();
      const env = bucketEnvironment(server);
      const prefix = cwd.slice(1);
      await createLog(join(cwd, 'a'), source);
      const expected = await directoryContents(join(cwd, 'a'));
      const piped = `wal export a | wal import s3://${S3Server.bucket}/${prefix} -q`;
      expect(await shell(piped, { cwd, env })).toEqual({ exitCode: 0, stdout: '', stderr: '' });
      expect(await bucketContents(server, prefix)).toEqual(expected);
      const filed = 'wal export a a.wal -q && wal import b a.wal -q';
      expect(await shell(filed, { cwd })).toEqual({ exitCode: 0, stdout: '', stderr: '' });
      expect(await directoryContents(join(cwd, 'b'))).toEqual(expected);
    },
  );
});

/** A log of 100 records, and its export. */
async function exported(): Promise<string> {
  const cwd = await temporaryFolder();
  const log = await openFsLog(join(cwd, 'a'));
  for (let i = 0; i < 4; i++) await log.append(records(25, i));
  await log.close();
  await wal(['export', 'a', 'a.wal'], { cwd });
  return cwd;
}

test('an export of a log without records says so, and keeps its next id', async () => {
  const cwd = await temporaryFolder();
  await shell('echo a | wal append a -q; wal trim a 7 --yes', { cwd });
  const { stdout } = await wal(['export', 'a', 'a.wal'], { cwd });
  expect(stdout).toMatch(/^exported no records to a\.wal: \d+ B\n$/);
  expect((await wal(['import', 'b', 'a.wal'], { cwd })).stdout).toBe(
    'nothing to import: b goes on with record 8\n',
  );
});

describe('import', () => {
  test('says what it did, compares what is there, and adds nothing twice', async () => {
    const cwd = await exported();
    expect((await wal(['import', 'b', 'a.wal'], { cwd })).stdout).toBe(
      'imported records 1 to 100: 100 records, 4.4 kB\n',
    );
    expect((await wal(['import', 'b', 'a.wal'], { cwd })).stdout).toBe(
      'records 1 to 100 there already, and the same\nnothing to import: b goes on with record 101\n',
    );
    await wal(['append', 'b', '-q'], { cwd, stdin: 'beyond\n' });
    const { stdout } = await wal(['import', 'b', 'a.wal', '--json'], { cwd });
    expect(JSON.parse(stdout)).toEqual({
      records: 0,
      dataBytes: 0,
      nextId: 102,
      compared: { firstId: 1, lastId: 100 },
    });
    expect((await directoryContents(join(cwd, 'b'))).records).toBe(101);
  });

  test('goes on behind what the log has, also where that was trimmed', async () => {
    const cwd = await exported();
    await shell('wal export a --to 60 | wal import b -q', { cwd });
    const log = await openFsLog(join(cwd, 'b'));
    await log.trim(40);
    await log.close();
    expect((await wal(['import', 'b', 'a.wal'], { cwd })).stdout).toBe(
      'records 41 to 60 there already, and the same\nimported records 61 to 100: 40 records, 1.9 kB\n',
    );
    await shell('wal export a --from 41 | wal import c -q', { cwd });
    expect(await directoryContents(join(cwd, 'b'))).toEqual(
      await directoryContents(join(cwd, 'c')),
    );
  });

  test('refuses a gap, and other records: the log stays as it is', async () => {
    const cwd = await exported();
    await wal(['append', 'b', '-q'], { cwd, stdin: 'x\n' });
    const before = await directoryContents(join(cwd, 'b'));
    expect(await wal(['import', 'b', 'a.wal'], { cwd })).toEqual({
      exitCode: 1,
      stdout: '',
      stderr:
        'wal: record 1 of the destination is another one: it is no copy; truncate what differs, or choose another destination (nothing was added to b)\n',
    });
    const gap = await shell('wal export a --from 50 | wal import b', { cwd });
    expect(gap).toEqual({
      exitCode: 1,
      stdout: '',
      stderr:
        'wal: records 2 to 49 are missing in the destination, and no more in stdin; choose another destination\n',
    });
    expect(await directoryContents(join(cwd, 'b'))).toEqual(before);
  });

  test('of a stream that is cut, anywhere: whole batches, a line, and it goes on', async () => {
    const cwd = await exported();
    const bytes = await readFile(join(cwd, 'a.wal'));
    const whole = await directoryContents(join(cwd, 'a'));
    let added = 0;
    for (const [i, length] of [0, 7, 79, 81, 300, bytes.length - 200, bytes.length - 1].entries()) {
      const stdin = bytes.subarray(0, length);
      const { exitCode, stderr } = await wal(['import', `b${i}`], { cwd, stdin });
      expect(exitCode).toBe(3);
      expect(stderr).toMatch(/^wal: ERR_LOG_CORRUPT: .*(cut short|is empty).*\n$/);
      await wal(['import', `b${i}`, 'a.wal'], { cwd });
      expect(await directoryContents(join(cwd, `b${i}`))).toEqual(whole);
      added += stderr.includes('records 1 to ') ? 1 : 0;
    }
    expect(added).toBeGreaterThan(0);
  });

  test('of damaged bytes: what is before them, and where they are', async () => {
    const cwd = await exported();
    await createLongLog(join(cwd, 'long'), 20);
    await wal(['export', 'long', 'long.wal'], { cwd });
    const bytes = await readFile(join(cwd, 'long.wal'));
    const at = bytes.length >> 1;
    bytes[at] = (bytes[at] as number) ^ 1;
    await writeFile(join(cwd, 'damaged.wal'), bytes);
    const { exitCode, stderr } = await wal(['import', 'b', 'damaged.wal'], { cwd });
    expect(exitCode).toBe(3);
    const [, affected, added] =
      /firstAffectedId=(\d+);.*\(records 1 to (\d+) added to b\)/.exec(stderr) ?? [];
    expect(Number(added)).toBe(Number(affected) - 1);
    expect(Number(added)).toBeGreaterThan(1000);
    expect((await directoryContents(join(cwd, 'b'))).nextId).toBe(Number(affected));
    expect((await wal(['import', 'b', 'long.wal'], { cwd })).exitCode).toBe(0);
    expect(await directoryContents(join(cwd, 'b'))).toEqual(
      await directoryContents(join(cwd, 'long')),
    );
  });

  test('of something else, or of nothing: a line, and no log is created', async () => {
    const cwd = await exported();
    const text = await wal(['import', 'b'], {
      cwd,
      stdin: 'no segment, but longer than one header is'.repeat(9),
    });
    expect(text).toEqual({
      exitCode: 1,
      stdout: '',
      stderr:
        'wal: ERR_LOG_UNSUPPORTED_FORMAT: not a segment of a log, segment=stdin; give what `wal export` has written\n',
    });
    expect((await wal(['import', 'b', 'none.wal'], { cwd })).stderr).toBe(
      'wal: none.wal: there is no such file or directory; check the path\n',
    );
    expect((await readdir(cwd)).sort()).toEqual(['a', 'a.wal']);
  });
});

describe('export', () => {
  test('to a file says what it did, and never replaces one', async () => {
    const cwd = await exported();
    const { size } = await stat(join(cwd, 'a.wal'));
    expect((await wal(['export', 'a', 'b.wal'], { cwd })).stdout).toBe(
      'exported records 1 to 100 to b.wal: 5.0 kB\n',
    );
    const { stdout } = await wal(['export', 'a', 'c.wal', '--json', '--from', '30', '--to', '39'], {
      cwd,
    });
    expect(JSON.parse(stdout)).toMatchObject({ records: 10, firstId: 30, lastId: 39 });
    expect(await wal(['export', 'a', 'a.wal'], { cwd })).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'wal: a.wal is there already; choose another name\n',
    });
    expect((await stat(join(cwd, 'a.wal'))).size).toBe(size);
    expect((await readdir(cwd)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('goes on in a part that is whole, begins a cut one anew, refuses another log’s', async () => {
    const cwd = await exported();
    await shell('wal export a --to 60 > whole.wal.part', { cwd });
    await shell('wal export a --to 60 | head -c 2000 > cut.wal.part', { cwd });
    await shell('seq 5 | wal append other -q; wal export other > other.wal.part', { cwd });
    expect((await wal(['export', 'a', 'whole.wal'], { cwd })).stdout).toMatch(
      /^exported records 61 to 100 /,
    );
    expect((await wal(['export', 'a', 'cut.wal'], { cwd })).stdout).toMatch(
      /^exported records 1 to 100 /,
    );
    await shell('wal export a --to 60 > later.wal.part', { cwd });
    expect((await wal(['export', 'a', 'later.wal', '--from', '30'], { cwd })).stderr).toBe(
      'wal: later.wal.part is of another export; remove it, or choose another name\n',
    );
    const { exitCode, stderr } = await wal(['export', 'a', 'other.wal'], { cwd });
    expect([exitCode, stderr]).toEqual([
      1,
      'wal: other.wal.part is of another export; remove it, or choose another name\n',
    ]);
    for (const name of ['whole', 'cut']) {
      await wal(['import', name, `${name}.wal`], { cwd });
      expect(await directoryContents(join(cwd, name))).toEqual(
        await directoryContents(join(cwd, 'a')),
      );
    }
  });

  test('of ids that are not there, and --json without a file: a line', async () => {
    const cwd = await exported();
    expect((await wal(['export', 'a', '--from', '200'], { cwd })).stderr).toBe(
      'wal: --from 200: the log goes on with record 101\n',
    );
    expect((await wal(['export', 'a', '--json'], { cwd })).exitCode).toBe(2);
    expect((await wal(['export', 'none'], { cwd })).exitCode).toBe(1);
  });

  test('a damaged source ends the stream without a footer, so that import says so, too', async () => {
    const cwd = await temporaryFolder();
    await createLongLog(join(cwd, 'a'), 20, { segmentBytes: 1 << 20 });
    const segments = (await readdir(join(cwd, 'a'))).filter((file) => file.endsWith('.wal')).sort();
    const path = join(cwd, 'a', segments[2] as string);
    const bytes = await readFile(path);
    bytes.fill(0xff, bytes.length >> 1, (bytes.length >> 1) + 100);
    await writeFile(path, bytes);
    const line = 'wal export a | wal import b; echo $?';
    const { stdout, stderr } = await shell(line, { cwd });
    expect(stdout).toBe('3\n');
    expect(stderr).toMatch(/ERR_LOG_CORRUPT: stored bytes are not what was acknowledged/);
    expect(stderr).toMatch(/ERR_LOG_CORRUPT: stdin is cut short/);
    const { records: count } = await directoryContents(join(cwd, 'b'));
    expect(count).toBeGreaterThan(0);
  });
});
