import { cp, open, readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { openFsLog } from '@wal/fslog';
import { expect, test } from 'vitest';
import { compileCli } from './process/compiled-cli.ts';
import { temporaryFolder } from './process/temporary-folder.ts';
import { shell, WalProcess, wal } from './process/wal-process.ts';

compileCli();

/** Writes `text` over bytes of a segment. */
async function overwrite(path: string, byteOffset: number, text: string): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(Buffer.from(text), 0, text.length, byteOffset);
  await file.close();
}

/** Records 1 to 30, five a batch, in two segments. */
async function twoSegments(): Promise<{ cwd: string; first: string }> {
  const cwd = await temporaryFolder();
  const log = await openFsLog(join(cwd, 'log'));
  for (let id = 1; id <= 30; id += 5) {
    await log.append(Array.from({ length: 5 }, (_, i) => Buffer.from(`${id + i}`)));
    if (id === 11) await log.roll();
  }
  const [segment] = await log.listSegments();
  await log.close();
  return { cwd, first: join(cwd, 'log', segment?.name ?? '') };
}

/** The same; the second batch, of records 6 to 10, is rotten. */
async function damagedLog(): Promise<{ cwd: string; segment: string }> {
  const { cwd, first } = await twoSegments();
  const bytes = await readFile(first);
  await overwrite(first, bytes.indexOf('678910') + 2, 'rot');
  return { cwd, segment: basename(first) };
}

test('verify of a healthy log: exit code 0', async () => {
  const cwd = await temporaryFolder();
  await shell('seq 3 | wal append log -q', { cwd });
  const { exitCode, stdout } = await wal(['verify', 'log'], { cwd });
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/log: records 1 to 3; 1 segment, \S+ \S+; 3 records intact\n$/);
});

test('verify lists what is lost, and says what to do: exit code 3', async () => {
  const { cwd, segment } = await damagedLog();
  const { exitCode, stdout, stderr } = await wal(['verify', 'log'], { cwd });
  expect(exitCode).toBe(3);
  expect(stdout).toContain(`loss batch: ${segment}, byte `);
  expect(stdout).toContain('(records 6 to 10)\nlost: records 6 to 10\n');
  expect(stderr).toBe('wal: records are lost: keep a copy, then see `wal repair log`\n');
  const json = await wal(['verify', 'log', '--json'], { cwd });
  expect(json.exitCode).toBe(3);
  expect(JSON.parse(json.stdout)).toMatchObject({
    isReadable: false,
    lost: [{ firstId: 6, lastId: 10 }],
  });
});

test('cat gives what is before the damage, and then the error: exit code 3', async () => {
  const { cwd } = await damagedLog();
  const { exitCode, stdout, stderr } = await wal(['cat', 'log'], { cwd });
  expect([exitCode, stdout]).toEqual([3, '1\n2\n3\n4\n5\n']);
  expect(stderr).toMatch(/^wal: ERR_LOG_CORRUPT: .*run `wal verify`, then `wal repair`\n$/);
});

test('repair cuts losses out only if it is told to, and keeps a copy', async () => {
  const { cwd } = await damagedLog();
  await cp(join(cwd, 'log'), join(cwd, 'other'), { recursive: true });
  const refused = await wal(['repair', 'log'], { cwd });
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toBe(
    'wal: log: records 6 to 30 will be gone, those before stay: nothing was done; say --yes if that is to be\n',
  );
  expect(await readdir(cwd)).toEqual(['log', 'other']);
  const repaired = await wal(['repair', 'log', '--yes'], { cwd });
  expect(repaired).toMatchObject({ exitCode: 0, stderr: '' });
  expect(repaired.stdout).toMatch(/\nrepaired: gone: records 6 to 30; copies are in \S+\n$/);
  expect((await wal(['cat', 'log'], { cwd })).stdout).toBe('1\n2\n3\n4\n5\n');
  const after = await wal(['repair', 'other', '--yes', '--keep', 'after', '--json'], { cwd });
  expect(JSON.parse(after.stdout)).toMatchObject({ gone: [{ firstId: 1, lastId: 10 }] });
  expect((await shell('wal cat other | head -1', { cwd })).stdout).toBe('11\n');
});

test('what costs no record is set right unasked', async () => {
  const { cwd, first } = await twoSegments();
  await overwrite(first, 20, 'rot');
  const verified = await wal(['verify', 'log'], { cwd });
  expect(verified.exitCode).toBe(3);
  expect(verified.stderr).toBe(
    'wal: the log is damaged, and no record is lost: run `wal repair log`\n',
  );
  const repaired = await wal(['repair', 'log'], { cwd });
  expect(repaired.exitCode).toBe(0);
  expect(repaired.stdout).toMatch(/\nrepaired: no record is gone; copies are in \S+\n$/);
  expect((await wal(['verify', 'log'], { cwd })).exitCode).toBe(0);
  expect((await wal(['repair', 'log'], { cwd })).stdout).toMatch(/\nnothing to repair\n$/);
});

test('verify beside a live writer; repair leaves a log in use alone', async () => {
  const cwd = await temporaryFolder();
  const writer = new WalProcess(['append', 'log'], { cwd });
  writer.child.stdin.write('1\n2\n');
  await writer.hasPrinted('2\n');
  expect((await wal(['verify', 'log'], { cwd })).exitCode).toBe(0);
  expect((await wal(['repair', 'log'], { cwd })).exitCode).toBe(4);
  writer.child.stdin.end('3\n');
  expect(await writer.ended).toMatchObject({ exitCode: 0, stdout: '1\n2\n3\n' });
});

test('a folder that holds no log, and no folder: exit code 1', async () => {
  const cwd = await temporaryFolder();
  for (const command of ['verify', 'repair']) {
    for (const directory of ['.', 'missing']) {
      const { exitCode, stdout, stderr } = await wal([command, directory], { cwd });
      expect([exitCode, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^wal: ERR_LOG_INVALID_ARGUMENT: .*\n$/);
    }
  }
  await rm(cwd, { recursive: true });
});
