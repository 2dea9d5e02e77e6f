import { join } from 'node:path';
import { openFsLog } from '@wal/fslog';
import { S3Server } from '@wal/s3-servers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bucketContents, bucketEnvironment, directoryContents } from './logs/log-contents.ts';
import { createLog, records, SOURCE_LOGS } from './logs/source-logs.ts';
import { compileCli } from './process/compiled-cli.ts';
import { temporaryFolder } from './process/temporary-folder.ts';
import { WalProcess, wal } from './process/wal-process.ts';

compileCli();

let server: S3Server;
beforeAll(async () => {
  server = await S3Server.start();
});
afterAll(() => server.stop());

describe('copy from a directory into a bucket and back', () => {
  test.each(SOURCE_LOGS)('a log $title: the same in each place', async (source) => {
    const cwd = await temporaryFolder();
    const env = bucketEnvironment(server);
    const prefix = cwd.slice(1);
    const address = `s3://${S3Server.bucket}/${prefix}`;
    await createLog(join(cwd, 'a'), source);
    const expected = await directoryContents(join(cwd, 'a'));
    for (const [from, to] of [
      ['a', address],
      [address, 'b'],
    ] as const) {
      const { exitCode, stderr } = await wal(['copy', from, to, '--verify'], { cwd, env });
      expect([exitCode, stderr]).toEqual([0, '']);
    }
    expect(await bucketContents(server, prefix)).toEqual(expected);
    expect(await directoryContents(join(cwd, 'b'))).toEqual(expected);
  });
});

describe('copy', () => {
  test('says what it did; a second run goes on with what is new', async () => {
    const cwd = await temporaryFolder();
    const log = await openFsLog(join(cwd, 'a'));
    await log.append(records(100));
    const first = await wal(['copy', 'a', 'b', '--verify'], { cwd });
    expect(first.stdout).toBe(
      'copied records 1 to 100: 100 records, 5.0 kB\ncompared records 1 to 100: the same\n',
    );
    expect((await wal(['copy', 'a', 'b'], { cwd })).stdout).toBe(
      'nothing to copy: b goes on with record 101\n',
    );
    await log.append(records(3)); // The source may be open for writing.
    const { stdout } = await wal(['copy', 'a', 'b', '--json', '--verify'], { cwd });
    expect(JSON.parse(stdout)).toEqual({
      records: 3,
      dataBytes: 21,
      firstId: 101,
      lastId: 103,
      nextId: 104,
      compared: { firstId: 1, lastId: 103 },
    });
    expect(await wal(['copy', 'a', 'b', '-q'], { cwd })).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: '',
    });
    await log.close();
  });

  test('goes on where the source was trimmed, up to the destination’s end', async () => {
    const cwd = await temporaryFolder();
    const log = await openFsLog(join(cwd, 'a'));
    await log.append(records(100));
    await wal(['copy', 'a', 'b'], { cwd });
    await log.append(records(20));
    for (const [mark, exitCode] of [
      [50, 0],
      [120, 0],
    ]) {
      await log.trim(mark as number);
      expect((await wal(['copy', 'a', 'b', '--verify'], { cwd })).exitCode).toBe(exitCode);
    }
    await log.trim(200);
    const refused = await wal(['copy', 'a', 'b'], { cwd });
    expect(refused).toEqual({
      exitCode: 1,
      stdout: '',
      stderr:
        'wal: records 121 to 200 are missing in the destination, and no more in a; choose another destination\n',
    });
    await log.close();
    expect(await directoryContents(join(cwd, 'b'))).toMatchObject({ firstId: 1, nextId: 121 });
  });

  test('an empty destination begins where the source does', async () => {
    const cwd = await temporaryFolder();
    const log = await openFsLog(join(cwd, 'a'), { firstId: 0 });
    await log.append(records(100));
    await log.trim(49);
    await log.close();
    await (await openFsLog(join(cwd, 'b'))).close();
    expect((await wal(['copy', 'a', 'b'], { cwd })).exitCode).toBe(0);
    expect(await directoryContents(join(cwd, 'b'))).toEqual(
      await directoryContents(join(cwd, 'a')),
    );
  });

  test.each([
    [
      'whose last record is another one',
      records(50, 7),
      'wal: record 50 of the destination is another one: it is no copy; truncate what differs, or choose another destination\n',
    ],
    [
      'that goes on further',
      records(150),
      'wal: the destination goes on to record 150, the source only to 100: it is no copy of it; choose another destination\n',
    ],
  ])('refuses a destination %s, which stays as it is', async (_, other, stderr) => {
    const cwd = await temporaryFolder();
    for (const [name, content] of [
      ['a', records(100)],
      ['b', other],
    ] as const) {
      const log = await openFsLog(join(cwd, name));
      await log.append(content);
      await log.close();
    }
    const before = await directoryContents(join(cwd, 'b'));
    expect(await wal(['copy', 'a', 'b'], { cwd })).toEqual({ exitCode: 1, stdout: '', stderr });
    expect(await directoryContents(join(cwd, 'b'))).toEqual(before);
  });

  test('refuses a log in a bucket without taking it from its writer', async () => {
    const cwd = await temporaryFolder();
    const env = bucketEnvironment(server);
    const address = `s3://${S3Server.bucket}/${cwd.slice(1)}`;
    const writer = new WalProcess(['append', address], { env });
    writer.child.stdin.write('one\ntwo\n');
    await writer.hasPrinted('2\n');
    await wal(['append', 'a', '-q'], { cwd, stdin: 'other\n' });
    await wal(['append', 'b', '-q'], { cwd, stdin: 'a\nb\nc\n' });
    const { stderr } = await wal(['copy', 'a', address], { cwd, env });
    expect(stderr).toMatch(/^wal: the destination goes on to record 2, the source only to 1/);
    expect((await wal(['copy', 'b', address], { cwd, env })).stderr).toMatch(
      /^wal: record 2 of the destination is another one/,
    );
    writer.child.stdin.end('three\n');
    expect(await writer.ended).toEqual({ exitCode: 0, stdout: '1\n2\n3\n', stderr: '' });
  });

  test('refuses other metadata, itself, and a source that is not there', async () => {
    const cwd = await temporaryFolder();
    await (await openFsLog(join(cwd, 'a'), { metadata: Buffer.from('a') })).close();
    await (await openFsLog(join(cwd, 'b'), { metadata: Buffer.from('b') })).close();
    const results: [string, string][] = [
      ['a', 'b'],
      ['a', './a/'],
      ['none', 'c'],
    ];
    const codes = [];
    for (const [from, to] of results) {
      const { exitCode, stderr } = await wal(['copy', from, to], { cwd });
      codes.push([exitCode, /^wal: .*\n$/.test(stderr), /[A-Z_]{6,}/.exec(stderr)?.[0]]);
    }
    expect(codes).toEqual([
      [1, true, 'ERR_LOG_METADATA_MISMATCH'],
      [2, true, undefined],
      [1, true, 'ERR_LOG_INVALID_ARGUMENT'],
    ]);
  });

  test('--verify finds a record that differs in the middle', async () => {
    const cwd = await temporaryFolder();
    for (const name of ['a', 'b']) {
      const log = await openFsLog(join(cwd, name));
      await log.append(records(30));
      await log.append(Buffer.from(`only in ${name}`));
      await log.append(records(30));
      await log.close();
    }
    const { exitCode, stderr } = await wal(['copy', 'a', 'b', '--verify'], { cwd });
    expect(exitCode).toBe(3);
    expect(stderr).toBe(
      'wal: record 31 is not the same in a and b: truncate b before it, then copy again\n',
    );
  });
});
