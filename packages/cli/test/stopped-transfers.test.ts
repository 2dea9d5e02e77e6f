import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { S3Server } from '@wal/s3-servers';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { bucketContents, bucketEnvironment, directoryContents } from './logs/log-contents.ts';
import { createLongLog } from './logs/source-logs.ts';
import { compileCli } from './process/compiled-cli.ts';
import { temporaryFolder } from './process/temporary-folder.ts';
import { type Outcome, WalProcess, wal } from './process/wal-process.ts';

compileCli();

let server: S3Server;
beforeAll(async () => {
  server = await S3Server.start();
});
afterEach(() => {
  server.disturb = () => undefined;
});
afterAll(() => server.stop());

/** 20 MB: several chunks in a bucket. */
const BATCHES = 80;
const RECORDS = BATCHES * 256;

type Stop = 'SIGINT' | 'SIGKILL';
const STOPS: readonly Stop[] = ['SIGINT', 'SIGKILL'];

/** A request for a chunk of a log: to store it, or to read it. */
const isChunk = (method: string, key: string, asked: string): boolean =>
  method === asked && key.includes('/d/');

/** Runs `wal`, and sends it a signal when it asks the server for a chunk for the nth time. */
async function stoppedAt(
  args: readonly string[],
  cwd: string,
  { method, count, signal }: { method: 'PUT' | 'GET'; count: number; signal: Stop },
): Promise<Outcome> {
  let seen = 0;
  const running = new WalProcess(args, { cwd, env: bucketEnvironment(server) });
  running.child.stdin.end();
  server.disturb = (request) => {
    if (isChunk(request.method, request.key, method) && ++seen === count) {
      running.child.kill(signal);
    }
    return undefined;
  };
  const outcome = await running.ended;
  server.disturb = () => undefined;
  expect(seen).toBeGreaterThanOrEqual(count);
  return outcome;
}

function expectStopped({ exitCode, stderr }: Outcome, signal: Stop, message: RegExp): void {
  expect(exitCode).toBe(signal === 'SIGINT' ? 130 : undefined);
  if (signal === 'SIGINT') expect(stderr).toMatch(message);
  else expect(stderr).toBe('');
}

describe.each(STOPS)('%s in the middle, and the same command again', (signal) => {
  test('copy into a bucket', async () => {
    const cwd = await temporaryFolder();
    const env = bucketEnvironment(server);
    const prefix = cwd.slice(1);
    const address = `s3://${S3Server.bucket}/${prefix}`;
    await createLongLog(join(cwd, 'a'), BATCHES);
    for (const count of [1, 3]) {
      const stopped = await stoppedAt(['copy', 'a', address], cwd, {
        method: 'PUT',
        count,
        signal,
      });
      expectStopped(
        stopped,
        signal,
        /^wal: stopped by SIGINT \(.* added to s3:.*\); the same command goes on from there\n$/,
      );
    }
    const { stdout, exitCode } = await wal(['copy', 'a', address, '--verify'], { cwd, env });
    expect(stdout).toContain(`compared records 1 to ${RECORDS}: the same\n`);
    expect(exitCode).toBe(0);
    expect(await bucketContents(server, prefix)).toEqual(await directoryContents(join(cwd, 'a')));
  });

  test('copy, export and import out of a bucket', async () => {
    const cwd = await temporaryFolder();
    const env = bucketEnvironment(server);
    const prefix = cwd.slice(1);
    const address = `s3://${S3Server.bucket}/${prefix}`;
    await createLongLog(join(cwd, 'a'), BATCHES);
    await wal(['copy', 'a', address], { cwd, env });
    const expected = await directoryContents(join(cwd, 'a'));
    for (const count of [1, 3]) {
      const stopped = await stoppedAt(['copy', address, 'b'], cwd, {
        method: 'GET',
        count,
        signal,
      });
      expectStopped(stopped, signal, /^wal: stopped by SIGINT/);
    }
    await wal(['copy', address, 'b'], { cwd, env });
    expect(await directoryContents(join(cwd, 'b'))).toEqual(expected);

    const at = { method: 'GET', count: 3, signal } as const;
    const stopped = await stoppedAt(['export', address, 'c.wal'], cwd, at);
    expectStopped(stopped, signal, /^wal: stopped by SIGINT \(.*\); the same command goes on/);
    expect((await readdir(cwd)).filter((name) => name.startsWith('c.wal'))).not.toContain('c.wal');
    expect((await wal(['export', address, 'c.wal'], { cwd, env })).exitCode).toBe(0);
    expect((await readdir(cwd)).filter((name) => name.startsWith('c.wal'))).toEqual(['c.wal']);
    await wal(['import', 'c', 'c.wal'], { cwd });
    expect(await directoryContents(join(cwd, 'c'))).toEqual(expected);
  });

  test('import from a pipe', async () => {
    const cwd = await temporaryFolder();
    await createLongLog(join(cwd, 'a'), BATCHES);
    await wal(['export', 'a', 'a.wal'], { cwd });
    const bytes = await readFile(join(cwd, 'a.wal'));
    const running = new WalProcess(['import', 'b'], { cwd });
    // Written once the process has read all but what the pipe holds.
    await new Promise<void>((resolve) => {
      running.child.stdin.write(bytes.subarray(0, bytes.length >> 1), () => resolve());
    });
    running.child.kill(signal);
    const stopped = await running.ended;
    expectStopped(
      stopped,
      signal,
      /^wal: stopped by SIGINT \(records 1 to \d+ added to b\); the same command goes on from there\n$/,
    );
    const half = await directoryContents(join(cwd, 'b'));
    const added = /records 1 to (\d+)/.exec(stopped.stderr)?.[1];
    if (added !== undefined) expect(half.nextId).toBe(Number(added) + 1);
    expect(half.nextId).toBeLessThan(RECORDS);
    expect((await wal(['import', 'b', 'a.wal'], { cwd })).exitCode).toBe(0);
    expect(await directoryContents(join(cwd, 'b'))).toEqual(
      await directoryContents(join(cwd, 'a')),
    );
  });
});

test('SIGINT ends an export to stdout as a whole stream, which another one goes on from', async () => {
  const cwd = await temporaryFolder();
  const prefix = cwd.slice(1);
  const address = `s3://${S3Server.bucket}/${prefix}`;
  const env = bucketEnvironment(server);
  await createLongLog(join(cwd, 'a'), BATCHES);
  await wal(['copy', 'a', address], { cwd, env });
  let seen = 0;
  const first = new WalProcess(['export', address], { cwd, env });
  server.disturb = ({ method, key }) => {
    if (isChunk(method, key, 'GET') && ++seen === 3) first.child.kill('SIGINT');
    return undefined;
  };
  const { exitCode, stderr } = await first.ended;
  server.disturb = () => undefined;
  expect(exitCode).toBe(130);
  const [, from] = /; go on with --from (\d+)\n$/.exec(stderr) ?? [];
  const second = new WalProcess(['export', address, '--from', from as string], { cwd, env });
  await second.ended;
  const stdin = Buffer.concat([first.bytes, second.bytes]);
  expect(await wal(['import', 'b', '-q'], { cwd, stdin })).toEqual({
    exitCode: 0,
    stdout: '',
    stderr: '',
  });
  expect(await directoryContents(join(cwd, 'b'))).toEqual(await directoryContents(join(cwd, 'a')));
});
