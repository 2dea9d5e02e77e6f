import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openFsLog } from '@wal/fslog';
import { S3Server } from '@wal/s3-servers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bucketEnvironment } from './logs/log-contents.ts';
import { compileCli } from './process/compiled-cli.ts';
import { temporaryFolder } from './process/temporary-folder.ts';
import { shell, WalProcess, wal } from './process/wal-process.ts';

compileCli();

let server: S3Server;
beforeAll(async () => {
  server = await S3Server.start();
});
afterAll(() => server.stop());

test('stat of a directory: what it says, with and without a writer', async () => {
  const cwd = await temporaryFolder();
  const log = await openFsLog(join(cwd, 'log'), { firstId: 5, metadata: Buffer.from('demo') });
  await log.append([Buffer.from('a'), Buffer.from('b')]);
  await log.close();
  const { exitCode, stdout } = await wal(['stat', 'log'], { cwd });
  expect(exitCode).toBe(0);
  expect(stdout.replace(/\d+ B/, 'N B')).toBe(
    'log       log (fslog)\n' +
      'records   2: 5 to 6\n' +
      'next id   7\n' +
      'bytes     N B in 1 segment\n' +
      'epoch     1\n' +
      'holder    nobody\n' +
      'metadata  4 bytes: "demo"\n',
  );
  const writer = new WalProcess(['append', 'log'], { cwd });
  writer.child.stdin.write('c\n');
  await writer.hasPrinted('7\n');
  const facts = JSON.parse((await wal(['stat', 'log', '--json'], { cwd })).stdout);
  expect(facts).toMatchObject({
    backend: 'fslog',
    firstId: 5,
    lastId: 7,
    nextId: 8,
    records: 3,
    segments: 2,
    epoch: 2,
    holder: { pid: writer.child.pid },
    metadata: Buffer.from('demo').toString('base64'),
  });
  writer.child.stdin.end();
  expect((await writer.ended).exitCode).toBe(0);
});

test('stat of an empty log, and of one in memory', async () => {
  const cwd = await temporaryFolder();
  await wal(['append', 'log'], { cwd });
  expect((await wal(['stat', 'log'], { cwd })).stdout).toContain('records   none\nnext id   1\n');
  const memory = await wal(['stat', 'mem:', '--json'], { cwd });
  expect(JSON.parse(memory.stdout)).toEqual({
    address: 'mem:',
    backend: 'memlog',
    firstId: null,
    lastId: null,
    nextId: 1,
    records: 0,
    metadata: '',
  });
});

test('segments of a directory: what of them is trimmed, live and superseded', async () => {
  const cwd = await temporaryFolder();
  await shell(
    'seq 40 | wal append log -q; wal trim log 10 --yes; wal truncate log 30 --yes; seq 5 | wal append log -q',
    { cwd },
  );
  const { stdout } = await wal(['segments', 'log', '--json'], { cwd });
  const parts = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(parts).toMatchObject([
    { state: 'live', firstId: 11, lastId: 30, ids: { trimmed: 10, live: 20, superseded: 10 } },
    { state: 'live', firstId: 31, lastId: 35, ids: { trimmed: 0, live: 5, superseded: 0 } },
  ]);
  const drawn = await wal(['segments', 'log'], { cwd });
  const lines = drawn.stdout.split('\n');
  expect(lines[1]).toMatch(
    /^[0-9a-f]{16}-0{15}1\.wal {2}segment +11 +30 +\d+ B {2}live {3}░+█+▒+$/,
  );
  expect(lines[2]).toMatch(/^[0-9a-f]{16}-0{14}1f\.wal {2}segment +31 +35 +\d+ B {2}live {3}█+$/);
  expect(lines[4]).toBe('█ live: 25 ids   ░ trimmed: 10 ids   ▒ superseded: 10 ids');
  expect(lines[5]).toMatch(/^\d+ B in 2 segments, all needed$/);
});

test('segments that a log does not need any more are counted on their own', async () => {
  const cwd = await temporaryFolder();
  await wal(['append', 'log'], { cwd, stdin: 'a\n' });
  const [name = ''] = (await readdir(join(cwd, 'log'))).filter((each) => each.endsWith('.wal'));
  const kept = await readFile(join(cwd, 'log', name));
  await shell('wal trim log 1 --yes; echo b | wal append log', { cwd });
  await writeFile(join(cwd, 'log', name), kept); // As if removing it had failed.
  const lines = (await wal(['segments', 'log'], { cwd })).stdout.split('\n');
  expect(lines[1]).toMatch(new RegExp(`^${name} {2}segment +- +- +\\d+ B {2}trimmed +░+$`));
  expect(lines[4]).toBe('█ live: 1 id   ░ trimmed: 1 id   ▒ superseded: 0 ids');
  const unneeded = `of those ${kept.length} B in 1 segment not needed any more`;
  expect(lines[5]).toMatch(new RegExp(`^\\d+ B in 2 segments; ${unneeded}$`));
});

test('colours on a terminal that has them, and none with NO_COLOR or into a pipe', async () => {
  const cwd = await temporaryFolder();
  await wal(['append', 'log'], { cwd, stdin: 'a\n' });
  const onTerminal = "script -qec 'wal segments log' /dev/null";
  const env = { TERM: 'xterm' };
  const csi = '\u001b[';
  expect((await shell(onTerminal, { cwd, env })).stdout).toContain(csi);
  for (const no of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
    expect((await shell(onTerminal, { cwd, env: { ...env, ...no } })).stdout).not.toContain(csi);
  }
  expect((await shell('wal segments log | cat', { cwd, env })).stdout).not.toContain(csi);
  // Something else, as in `FORCE_COLOR=1 wal segments log | less -R`, and NO_COLOR counts before it.
  const forced = { FORCE_COLOR: '1' };
  expect((await wal(['segments', 'log'], { cwd, env: forced })).stdout).toContain(csi);
  const both = { ...forced, NO_COLOR: '1' };
  expect((await wal(['segments', 'log'], { cwd, env: both })).stdout).not.toContain(csi);
});

test('stat and segments of a bucket', async () => {
  const env = bucketEnvironment(server);
  const address = `s3://${S3Server.bucket}/inspected`;
  await shell(`seq 20 | wal append ${address} --batch 10 -q && wal trim ${address} 10 --yes`, {
    env,
  });
  const facts = JSON.parse((await wal(['stat', address, '--json'], { env })).stdout);
  expect(facts).toMatchObject({ backend: 's3log', firstId: 11, lastId: 20, epoch: 2, segments: 0 });
  expect(facts).not.toHaveProperty('holder');
  expect(facts.chunks).toBeGreaterThan(0);
  const { stdout } = await wal(['segments', address, '--json'], { env });
  const parts = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const keys = server.keys.filter((key) => key.startsWith('inspected/'));
  expect(parts.map(({ name }) => name)).toEqual(keys);
  const roots = parts.filter(({ kind, state }) => kind === 'root' && state === 'live');
  expect(roots).toHaveLength(2); // The newest, and the first, which is needed for ever.
  const drawn = await wal(['segments', address], { env });
  expect(drawn.stdout).toMatch(/^inspected\/d\/\S+ {2}chunk +- +- +\d+ B {2}live +█+$/m);
  expect(drawn.stdout).toMatch(/\n\n█ live {3}░ trimmed {3}▒ superseded\n\S+ k?B in \d+ objects/);
});

test('segments of a log in memory: there are none', async () => {
  const { exitCode, stderr } = await wal(['segments', 'mem:']);
  expect([exitCode, stderr]).toEqual([
    2,
    "wal: 'mem:': a log in memory has no segments; give a directory, or s3://BUCKET/PREFIX\n",
  ]);
});
