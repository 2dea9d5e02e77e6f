import { writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compileCli } from './process/compiled-cli.ts';
import { temporaryFolder } from './process/temporary-folder.ts';
import { shell, WalProcess, wal } from './process/wal-process.ts';

compileCli();

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s while stdin is slow: what was printed is in the log, and nothing else',
  async (signal) => {
    const cwd = await temporaryFolder();
    const running = new WalProcess(['append', 'log'], { cwd });
    running.child.stdin.write('one\ntwo\nhalf');
    await running.hasPrinted('2\n');
    running.child.kill(signal);
    expect(await running.ended).toEqual({
      exitCode: 128 + constants.signals[signal],
      stdout: '1\n2\n',
      stderr: `wal: stopped by ${signal} (2 appended, the last is 2)\n`,
    });
    expect((await wal(['cat', 'log'], { cwd })).stdout).toBe('one\ntwo\n');
  },
);

test('SIGINT in the middle of many appends: the ids printed are the ids in the log', async () => {
  const cwd = await temporaryFolder();
  const lines = Array.from({ length: 200_000 }, (_, i) => `${i + 1}\n`).join('');
  await writeFile(join(cwd, 'in'), lines);
  const running = new WalProcess(['append', 'log', 'in'], { cwd });
  await running.hasPrinted('100\n');
  running.child.kill('SIGINT');
  const { exitCode, stdout } = await running.ended;
  expect(exitCode).toBe(130);
  expect(stdout).not.toContain('200000\n');
  expect((await wal(['cat', 'log'], { cwd })).stdout).toBe(stdout);
});

test('a second SIGINT ends at once, whatever is waited for', async () => {
  const cwd = await temporaryFolder();
  await shell("head -c 3000000 /dev/zero | tr '\\0' x | fold -w 1000 | wal append log -q", { cwd });
  const running = new WalProcess(['cat', 'log'], { cwd });
  await running.stopReading(); // Its output has to wait, and the first signal does not end that.
  const ended = new Promise((resolve) => running.child.once('exit', resolve));
  // Signals of one kind that come at once are one.
  const repeated = setInterval(() => running.child.kill('SIGINT'), 20);
  await ended;
  clearInterval(repeated);
  expect(running.child.signalCode).toBe('SIGINT');
});

test('whoever reads the output closes it: no message, and exit code 141', async () => {
  const cwd = await temporaryFolder();
  await shell('seq 100000 | wal append log -q', { cwd });
  const line = 'wal cat log | head -1; echo "$?"';
  expect(await shell(line, { cwd })).toEqual({ exitCode: 0, stdout: '1\n141\n', stderr: '' });
});

test('whoever reads the ids closes them: no message, and reading ends', async () => {
  const cwd = await temporaryFolder();
  const line = 'yes 2> yes.txt | wal append log | head -1; echo "$?"';
  expect(await shell(line, { cwd })).toEqual({ exitCode: 0, stdout: '1\n141\n', stderr: '' });
});

test('an output that is full is an error of one line', async () => {
  const cwd = await temporaryFolder();
  await wal(['append', 'log'], { cwd, stdin: 'x\n' });
  expect(await shell('wal cat log > /dev/full', { cwd })).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: 'wal: no space left; free some, then run the command again\n',
  });
});
