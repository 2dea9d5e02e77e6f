import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { S3Server } from '@wal/s3-servers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileCli } from './process/compiled-cli.ts';
import { answered } from './process/terminal.ts';
import { WalProcess, wal } from './process/wal-process.ts';

compileCli();

let server: S3Server;
beforeAll(async () => {
  server = await S3Server.start();
});
afterAll(() => server.stop());

/** What the AWS conventions take from the environment. */
function environment(): Record<string, string> {
  const { accessKeyId, secretAccessKey } = S3Server.credentials;
  return {
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_S3: server.endpoint,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
}

const address = (prefix: string): string => `s3://${S3Server.bucket}/${prefix}`;

test('append and cat, with region, endpoint and credentials from the environment', async () => {
  const env = environment();
  const appended = await wal(['append', address('orders')], { env, stdin: 'a\nb\n' });
  expect(appended).toEqual({ exitCode: 0, stdout: '1\n2\n', stderr: '' });
  const read = await wal(['cat', address('orders'), '--format', 'json'], { env });
  expect(read.stdout).toBe('{"id":1,"text":"a"}\n{"id":2,"text":"b"}\n');
  expect(server.keys.every((key) => key.startsWith('orders/'))).toBe(true);
});

test('cat beside a writer does not disturb it', async () => {
  const env = environment();
  const writer = new WalProcess(['append', address('beside')], { env });
  writer.child.stdin.write('a\n');
  await writer.hasPrinted('1\n');
  expect((await wal(['cat', address('beside')], { env })).stdout).toBe('a\n');
  writer.child.stdin.end('b\n');
  expect(await writer.ended).toEqual({ exitCode: 0, stdout: '1\n2\n', stderr: '' });
});

test('a writer that another took the log over from: exit code 4', async () => {
  const env = environment();
  const writer = new WalProcess(['append', address('fenced')], { env });
  writer.child.stdin.write('a\n');
  await writer.hasPrinted('1\n');
  await wal(['append', address('fenced')], { env, stdin: 'b\n' });
  writer.child.stdin.write('c\n');
  const { exitCode, stdout, stderr } = await writer.ended;
  expect([exitCode, stdout]).toEqual([4, '1\n']);
  expect(stderr).toMatch(/^wal: ERR_LOG_FENCED: .*\(1 appended, the last is 1\)\n$/);
  expect((await wal(['cat', address('fenced')], { env })).stdout).toBe('a\nb\n');
});

test('a log, a bucket, a permission, a region that is not there: a line each, with the next step', async () => {
  const env = environment();
  const { AWS_REGION: _, ...withoutRegion } = env;
  for (const [where, given, message] of [
    [address('nowhere'), env, /^wal: ERR_LOG_READ_ONLY: .*; check the address.*\n$/],
    [
      address('orders'),
      { ...env, AWS_SECRET_ACCESS_KEY: 'x' },
      /^wal: ERR_LOG_FAILED: .*; check the credentials, and what they permit\n$/,
    ],
    [
      's3://other-bucket/orders',
      env,
      /^wal: ERR_LOG_FAILED: .*other-bucket; check the name of the bucket, or create it\n$/,
    ],
    [
      address('orders'),
      withoutRegion,
      /^wal: ERR_LOG_FAILED: .*; name the region, as in AWS_REGION=/,
    ],
    [
      address('orders'),
      { ...env, AWS_ENDPOINT_URL_S3: 'localhost' },
      /^wal: ERR_LOG_FAILED: .*; AWS_ENDPOINT_URL must be a URL, /,
    ],
  ] as const) {
    const { exitCode, stdout, stderr } = await wal(['cat', where], { env: given });
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
    expect(stderr.split('\n')).toHaveLength(2);
  }
});

describe('a store that takes requests and does not answer them', () => {
  let silent: Server;
  let requests = 0;
  const sockets = new Set<Socket>();
  beforeAll(async () => {
    silent = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      requests++;
      silent.emit('asked');
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  const silentEnvironment = (): Record<string, string> => ({
    ...environment(),
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
  });

  test.each(['stat', 'append', 'segments', 'verify'])(
    'SIGINT ends %s at once: it is not asked a second time',
    async (command) => {
      requests = 0;
      const asked = once(silent, 'asked');
      const running = new WalProcess([command, address('log')], { env: silentEnvironment() });
      await asked;
      running.child.kill('SIGINT');
      expect(await running.ended).toEqual({
        exitCode: 130,
        stdout: '',
        stderr: `wal: stopped by SIGINT before the store of ${S3Server.bucket} had answered\n`,
      });
      expect(requests).toBe(1);
    },
  );

  test('on a terminal a line says that it is waited for', async () => {
    const shown = await answered(
      `wal stat ${address('log')}`,
      '\u0003',
      '.',
      'no answer from the store',
      silentEnvironment(),
    );
    expect(shown.exitCode).toBe(130);
  });
});
