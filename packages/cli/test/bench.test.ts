import { type FSWatcher, watch } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { S3Server } from '@wal/s3-servers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bucketEnvironment, directoryContents } from './logs/log-contents.ts';
import { compileCli } from './process/compiled-cli.ts';
import { temporaryFolder } from './process/temporary-folder.ts';
import { WalProcess, wal } from './process/wal-process.ts';

compileCli();

let server: S3Server;
beforeAll(async () => {
  server = await S3Server.start();
});
afterAll(() => server.stop());

const ADDRESS = `s3://${S3Server.bucket}/bench`;
const SHORT = ['--seconds', '1'];

/** The lines of a report. */
const REPORT =
  /^(fslog|s3log|memlog), records of 100 bytes, 1 s each; (.*) is removed\nappend, one at a time +[\d,]+ records\/s +[\d.]+ k?M?G?B\/s {3}p50 [\d.]+ ms {3}p99 [\d.]+ ms\nappend, 64 at once +.* p99 [\d.]+ ms\nscan +[\d,]+ records\/s +[\d.]+ k?M?G?B\/s\n$/;

describe('bench', () => {
  test('in a directory: states what it measured, and leaves nothing', async () => {
    const cwd = await temporaryFolder();
    const { exitCode, stdout } = await wal(['bench', '.', ...SHORT, '--record-bytes', '100'], {
      cwd,
    });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(REPORT);
    expect(await readdir(cwd)).toEqual([]);
  });

  test('at a path where there is nothing; where there is no directory above it, a line', async () => {
    const cwd = await temporaryFolder();
    expect((await wal(['bench', 'new', ...SHORT], { cwd })).exitCode).toBe(0);
    expect(await wal(['bench', 'no/new', ...SHORT], { cwd })).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'wal: no/new: there is no such file or directory; check the path\n',
    });
    expect(await readdir(cwd)).toEqual([]);
  });

  test('in a bucket, as JSON', async () => {
    const env = bucketEnvironment(server);
    const { stdout, stderr } = await wal(['bench', ADDRESS, ...SHORT, '--json'], { env });
    expect(stderr).toBe('');
    const { backend, recordBytes, appends, scan } = JSON.parse(stdout);
    expect([backend, recordBytes]).toEqual(['s3log', 256]);
    expect(appends.map(({ callers }: { callers: number }) => callers)).toEqual([1, 64]);
    for (const { records, elapsedMs, recordsPerSecond } of [...appends, scan]) {
      expect(records).toBeGreaterThan(0);
      expect(recordsPerSecond).toBeCloseTo((records * 1000) / elapsedMs, 5);
    }
    expect(server.keys).toEqual([]);
  });

  test('in memory', async () => {
    const { stdout } = await wal(['bench', 'mem:', ...SHORT, '--record-bytes', '100']);
    expect(stdout).toMatch(REPORT);
  });

  test('of a log that is there: refused, and the log stays as it is', async () => {
    const cwd = await temporaryFolder();
    const env = bucketEnvironment(server);
    await wal(['append', 'log', '-q'], { cwd, stdin: 'a\n' });
    await wal(['append', `${ADDRESS}/log`, '-q'], { env, stdin: 'a\n' });
    const before = [await directoryContents(join(cwd, 'log')), [...server.keys]];
    expect((await wal(['bench', 'log'], { cwd })).stderr).toBe(
      'wal: log is a log, and stays as it is: give the directory that it is in\n',
    );
    expect((await wal(['bench', `${ADDRESS}/log`], { env })).exitCode).toBe(1);
    expect([await directoryContents(join(cwd, 'log')), [...server.keys]]).toEqual(before);
  });

  test('SIGINT: its log is removed, and no figure printed', async () => {
    const cwd = await temporaryFolder();
    await mkdir(join(cwd, 'disk'));
    const running = new WalProcess(['bench', 'disk', '--seconds', '60'], { cwd });
    let watcher: FSWatcher | undefined;
    await new Promise<void>((resolve) => {
      watcher = watch(join(cwd, 'disk'), () => resolve());
    });
    watcher?.close();
    running.child.kill('SIGINT');
    const { exitCode, stdout, stderr } = await running.ended;
    expect([exitCode, stdout]).toEqual([130, '']);
    expect(stderr).toMatch(/^wal: stopped by SIGINT \(disk\/wal-bench-\w+ is removed\)\n$/);
    expect(await readdir(join(cwd, 'disk'))).toEqual([]);
  });

  test('SIGINT in a bucket: nothing is left there', async () => {
    const env = bucketEnvironment(server);
    const before = [...server.keys];
    const running = new WalProcess(['bench', `${ADDRESS}/interrupted`, '--seconds', '60'], { env });
    let chunks = 0;
    server.disturb = ({ method, key }) => {
      if (method === 'PUT' && key.includes('/d/') && ++chunks === 20) running.child.kill('SIGINT');
      return undefined;
    };
    expect((await running.ended).exitCode).toBe(130);
    server.disturb = () => undefined;
    expect(server.keys).toEqual(before);
  });
});
