import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { compileCli } from './process/compiled-cli.ts';
import { temporaryFolder } from './process/temporary-folder.ts';
import { answered } from './process/terminal.ts';
import { shell, WalProcess, wal } from './process/wal-process.ts';

compileCli();

/** A folder with a log of 30 records. */
async function folderWithLog(): Promise<string> {
  const cwd = await temporaryFolder();
  await shell('seq 30 | wal append log -q', { cwd });
  return cwd;
}

async function idsIn(cwd: string): Promise<string> {
  const { stdout } = await shell('wal cat log | head -1; wal cat log | tail -1', { cwd });
  return stdout;
}

test('trim and truncate refuse where there is nobody to ask: exit code 2, and nothing is done', async () => {
  const cwd = await folderWithLog();
  expect(await wal(['trim', 'log', '10'], { cwd })).toEqual({
    exitCode: 2,
    stdout: '',
    stderr:
      'wal: log: records 1 to 10 will be gone for good: nothing was done; say --yes if that is to be\n',
  });
  expect((await wal(['truncate', 'log', '20'], { cwd })).exitCode).toBe(2);
  expect(await idsIn(cwd)).toBe('1\n30\n');
});

test('with --yes they are done, and say what is left', async () => {
  const cwd = await folderWithLog();
  const trimmed = await wal(['trim', 'log', '10', '--yes'], { cwd });
  expect(trimmed).toEqual({
    exitCode: 0,
    stdout: 'records 11 to 30, the next is 31\n',
    stderr: '',
  });
  const truncated = await wal(['truncate', 'log', '20', '-y', '--json'], { cwd });
  expect(truncated.stdout).toBe('{"firstId":11,"lastId":20,"nextId":21}\n');
  expect(await idsIn(cwd)).toBe('11\n20\n');
  // Where nothing is lost nobody is asked.
  expect((await wal(['truncate', 'log', '20'], { cwd })).exitCode).toBe(0);
  expect((await wal(['truncate', 'log', '-1', '--yes'], { cwd })).stdout).toBe(
    'no records, the next is 11\n',
  );
  expect((await wal(['trim', 'log', '99', '--yes'], { cwd })).stdout).toBe(
    'no records, the next is 100\n',
  );
});

test.each(['trim', 'truncate'])('%s creates no log', async (command) => {
  const cwd = await temporaryFolder();
  expect((await wal([command, 'missing', '1', '--yes'], { cwd })).exitCode).toBe(1);
  expect(await readdir(cwd)).toEqual([]);
});

test('on a terminal they ask', async () => {
  const cwd = await folderWithLog();
  const refused = await answered('wal trim log 10', 'n\n', cwd);
  expect(refused.stdout).toContain('log: records 1 to 10 will be gone for good. Go on? [y/N] ');
  expect(refused.stdout).toContain('wal: nothing was done\n');
  expect(refused.exitCode).toBe(2);
  expect(await idsIn(cwd)).toBe('1\n30\n');
  const agreed = await answered('wal truncate log 29', 'y\n', cwd);
  expect(agreed.stdout).toContain('records 1 to 29, the next is 30\n');
  expect(agreed.exitCode).toBe(0);
  // Ctrl-D and Ctrl-C are no answer.
  const ended = await answered('wal truncate log 1', '\x04', cwd);
  expect([ended.exitCode, await idsIn(cwd)]).toEqual([2, '1\n29\n']);
  const interrupted = await answered('wal truncate log 1', '\x03', cwd);
  expect([interrupted.exitCode, await idsIn(cwd)]).toEqual([130, '1\n29\n']);
});

test('a log that is written: exit code 4, and the writer goes on', async () => {
  const cwd = await folderWithLog();
  const writer = new WalProcess(['append', 'log'], { cwd });
  writer.child.stdin.write('31\n');
  await writer.hasPrinted('31\n');
  for (const command of ['trim', 'truncate']) {
    const { exitCode, stderr } = await wal([command, 'log', '3', '--yes'], { cwd });
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(/^wal: ERR_LOG_LOCKED: .*\n$/);
  }
  writer.child.stdin.end('32\n');
  expect((await writer.ended).exitCode).toBe(0);
  expect(await idsIn(cwd)).toBe('1\n32\n');
});
