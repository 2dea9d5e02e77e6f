import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openFsLog } from '@wal/fslog';
import { S3Server } from '@wal/s3-servers';
import { expect, test } from 'vitest';
import { bucketEnvironment } from './logs/log-contents.ts';
import { compileCli } from './process/compiled-cli.ts';
import { temporaryFolder } from './process/temporary-folder.ts';
import { shell, wal } from './process/wal-process.ts';

compileCli();

const GOLDEN = fileURLToPath(new URL('../../core/test/golden/v1/', import.meta.url));
const OBJECTS = fileURLToPath(new URL('../../s3log/test/golden/v1/', import.meta.url));

test('the worked example of docs/FORMAT.md: the same bytes in the same places', async () => {
  const path = fileURLToPath(new URL('../../../docs/FORMAT.md', import.meta.url));
  const [, example = ''] = /```hexdump\n(.*?)```/s.exec(await readFile(path, 'utf8')) ?? [];
  const { exitCode, stdout } = await wal(['dump', `${GOLDEN}worked-example.wal`]);
  expect(exitCode).toBe(0);
  const bytesAt = (text: string): string =>
    [...text.matchAll(/^([0-9a-f]{4}) {2}((?:[0-9a-f]{2} ?)+) /gm)]
      .map(([, at, hex]) => `${at} ${hex?.trim()}`)
      .filter((line) => !/^0(054|0ab)/.test(line)) // Padding is in no field.
      .join('\n');
  expect(bytesAt(stdout)).toBe(bytesAt(example));
  expect(stdout).toContain('00a5  77 6f 72 6c 64 21        record 2: "world!"\n');
});

test('--summary and --json', async () => {
  const file = `${GOLDEN}worked-example.wal`;
  expect((await wal(['dump', '--summary', file])).stdout).toBe(
    '0000  segment header, 88 bytes\n' +
      '0058  batch of records 1 to 2, 88 bytes\n' +
      '00b0  footer with 1 index entry, 56 bytes\n',
  );
  const lines = (await wal(['dump', '--json', file])).stdout.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { type: 'segment-header', byteOffset: 0, bytes: 88, problem: null },
    { type: 'batch', records: [{ id: 1, byteOffset: 0xa0, bytes: 5 }, { id: 2 }] },
    { type: 'footer', byteOffset: 0xb0 },
  ]);
});

test.each(readdirSync(OBJECTS).filter((name) => name.endsWith('.obj')))(
  '%s of a bucket, downloaded',
  async (name) => {
    const { exitCode, stdout, stderr } = await wal(['dump', join(OBJECTS, name)]);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^0000 {2}(header of a chunk|seal|root version|segment header), /);
  },
);

test('a damaged segment: what does not check out, and what is behind it: exit code 3', async () => {
  const cwd = await temporaryFolder();
  const bytes = await readFile(`${GOLDEN}sealed.wal`);
  bytes.write('rot', 0x60);
  await writeFile(join(cwd, 'sealed.wal'), bytes);
  const { exitCode, stdout, stderr } = await wal(['dump', 'sealed.wal', '-s'], { cwd });
  expect(exitCode).toBe(3);
  expect(stdout).toBe(
    '0000  segment header, 88 bytes\n' +
      '0058  a batch that does not check out, 4288 bytes: its header does not match its CRC\n' +
      '1118  batch of record 1011, 72 bytes\n' +
      '1160  batch of records 1012 to 1013, 144 bytes\n' +
      '11f0  footer with 2 index entries, 64 bytes\n',
  );
  expect(stderr).toBe(
    'wal: 1 part does not check out: for what that means for the log run `wal verify` on it\n',
  );
});

test('every object of a bucket, where it is', async () => {
  const server = await S3Server.start();
  try {
    const env = bucketEnvironment(server);
    const address = `s3://${S3Server.bucket}/log`;
    await shell(`seq 5 | wal append ${address} -q && wal truncate ${address} 3 --yes`, { env });
    expect(server.keys.length).toBeGreaterThan(3);
    for (const key of server.keys) {
      const { exitCode } = await wal(['dump', `s3://${S3Server.bucket}/${key}`], { env });
      expect([key, exitCode]).toEqual([key, 0]);
    }
    const missing = await wal(['dump', `${address}/none`], { env });
    expect([missing.exitCode, missing.stdout]).toEqual([1, '']);
    expect(missing.stderr).toMatch(/^wal: s3:.* is not there: .*\n$/);
  } finally {
    await server.stop();
  }
});

test('a file of META: each field of both slots, and which of them tells the state', async () => {
  const cwd = await temporaryFolder();
  const log = await openFsLog(join(cwd, 'log'), { firstId: 5, metadata: Buffer.from('demo') });
  await log.append([Buffer.from('a'), Buffer.from('b')]);
  await log.trim(5);
  await log.close();
  const [name = ''] = readdirSync(join(cwd, 'log', 'META'));
  const path = join('log', 'META', name);
  const { exitCode, stdout } = await wal(['dump', path], { cwd });
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^0000 {2}slot 0 of META, which tells the state, 4096 bytes\n/);
  expect(stdout).toMatch(/^1000 {2}slot 1 of META, 4096 bytes$/m);
  for (const line of [
    '0000  89 57 41 4c 4d 45 54 0a  magic: "\\x89WALMET\\n"',
    '0028  01 00 00 00 00 00 00 00  epoch: 1',
    '0030  06 00 00 00 00 00 00 00  trim mark + 1: 6',
    '0040  05 00 00 00 00 00 00 00  first id of the tail: 5',
    '0050  07 00 00 00 00 00 00 00  clean close: next id: 7',
    '0060  04 00 00 00              metadata bytes: 4',
    '1068  64 65 6d 6f              metadata: "demo"',
  ]) {
    expect(stdout).toContain(`${line}\n`);
  }
  const bytes = await readFile(join(cwd, path));
  bytes.write('rot', 0);
  await writeFile(join(cwd, path), bytes);
  const damaged = await wal(['dump', path, '-s'], { cwd });
  expect(damaged.exitCode).toBe(3);
  expect(damaged.stdout).toBe(
    '0000  slot 0 of META, 4096 bytes: its magic is another one\n' +
      '1000  slot 1 of META, which tells the state, 4096 bytes\n',
  );
});

test('an export is a segment, or several', async () => {
  const cwd = await temporaryFolder();
  await shell('seq 9 | wal append log -q && wal export log out.wal -q', { cwd });
  const { exitCode, stdout } = await wal(['dump', 'out.wal', '-s'], { cwd });
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^0000 {2}segment header.*\n(.*batch of record.*\n)+.*footer/);
});

test('what is nothing of a log: exit code 1', async () => {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'notes'), 'of somebody');
  await wal(['append', 'log'], { cwd });
  for (const name of ['notes', 'log', 'missing']) {
    const { exitCode, stdout, stderr } = await wal(['dump', name], { cwd });
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /^wal: .*(notes is no file of a log|log is no file|missing: there is no).*\n$/,
    );
  }
});

test('an empty file that is called as a segment: exit code 3', async () => {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'empty.wal'), '');
  const { exitCode, stdout } = await wal(['dump', 'empty.wal', '-s'], { cwd });
  expect([exitCode, stdout]).toEqual([3, '0000  segment header, 0 bytes: it is cut short\n']);
});
