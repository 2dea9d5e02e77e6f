import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openFsLog } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import { compileCli } from './process/compiled-cli.ts';
import { temporaryFolder } from './process/temporary-folder.ts';
import { shell, WalProcess, wal } from './process/wal-process.ts';

compileCli();

async function recordsOf(directory: string): Promise<string[]> {
  const log = await openFsLog(directory, { readOnly: true });
  const texts: string[] = [];
  for await (const { data } of log.iterator()) texts.push(Buffer.from(data).toString('latin1'));
  await log.close();
  return texts;
}

describe('what a record is', () => {
  const length = (text: string): string => `${String.fromCharCode(text.length)}\0\0\0${text}`;

  test.each([
    ['line', 'one\n\ntwo\r\nthree', ['one', '', 'two\r', 'three']],
    ['line', '', []],
    ['line', '\n', ['']],
    ['nul', 'a\nb\0\0c', ['a\nb', '', 'c']],
    ['json', '{"a": 1}\n[2]\n"x"\n', ['{"a": 1}', '[2]', '"x"']],
    ['length', length('a\0\n') + length('') + length('b'), ['a\0\n', '', 'b']],
  ])('--format %s of %j', async (format, stdin, records) => {
    const cwd = await temporaryFolder();
    const { exitCode, stdout, stderr } = await wal(['append', 'log', '--format', format], {
      cwd,
      stdin,
    });
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    expect(stdout).toBe(records.map((_, i) => `${i + 1}\n`).join(''));
    expect(await recordsOf(join(cwd, 'log'))).toEqual(records);
  });

  test('bytes that come one at a time make the same records', async () => {
    const cwd = await temporaryFolder();
    const line = `printf 'ab\\ncd\\n' | while IFS= read -rn1 c; do printf '%s' "\${c:-
}"; done | wal append log`;
    expect((await shell(line, { cwd })).stdout).toBe('1\n2\n');
    expect(await recordsOf(join(cwd, 'log'))).toEqual(['ab', 'cd']);
  });

  test('files, one after the other, and stdin between', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'a'), '1\n2');
    await writeFile(join(cwd, 'b'), '4\n');
    const { stdout } = await wal(['append', 'log', 'a', '-', 'b'], { cwd, stdin: '3' });
    expect(stdout).toBe('1\n2\n3\n4\n');
    expect(await recordsOf(join(cwd, 'log'))).toEqual(['1', '2', '3', '4']);
  });
});

describe('what is no record ends it, and what came before is in the log', () => {
  test.each([
    [
      'no JSON',
      ['--format', 'json'],
      '1\n{\n3\n',
      'wal: line 2 of the input is no JSON; correct it, or use --format line (1 appended, the last is 1)\n',
    ],
    [
      'a record that is cut',
      ['--format', 'length'],
      '\x01\0\0\0a\x05\0\0\0b',
      'wal: the input ends within record 2: it was cut, or is not length-prefixed (1 appended, the last is 1)\n',
    ],
    [
      'a record too long',
      ['--max-record-bytes', '2'],
      'ab\nabc\n',
      'wal: record 2 of the input is longer than 2 bytes: split it, raise --max-record-bytes, or check --format (1 appended, the last is 1)\n',
    ],
    [
      'a length beyond all limits, of which nothing is allocated',
      ['--format', 'length'],
      '\x01\0\0\0a\xff\xff\xff\xff',
      'wal: record 2 of the input is longer than 1048576 bytes: split it, raise --max-record-bytes, or check --format (1 appended, the last is 1)\n',
    ],
  ])('%s', async (_, options, text, message) => {
    const cwd = await temporaryFolder();
    const stdin = Buffer.from(text, 'latin1');
    const outcome = await wal(['append', 'log', ...options], { cwd, stdin });
    expect(outcome).toEqual({ exitCode: 1, stdout: '1\n', stderr: message });
    expect(await recordsOf(join(cwd, 'log'))).toHaveLength(1);
  });
});

test('--batch: so many at a time, as --json shows', async () => {
  const cwd = await temporaryFolder();
  const args = ['append', 'log', '--batch', '2', '--json'];
  const { stdout } = await wal(args, { cwd, stdin: 'a\nb\nc\n' });
  expect(stdout).toBe('{"firstId":1,"lastId":2}\n{"firstId":3,"lastId":3}\n');
  const { exitCode, stdout: none } = await wal(['append', 'log', '-q'], { cwd, stdin: 'd\n' });
  expect([exitCode, none]).toEqual([0, '']);
});

test('a file that is not there: no log is created for it', async () => {
  const cwd = await temporaryFolder();
  const { exitCode, stderr } = await wal(['append', 'log', 'missing'], { cwd });
  expect([exitCode, stderr]).toEqual([
    1,
    'wal: missing: there is no such file or directory; check the path\n',
  ]);
  expect(await readdir(cwd)).toEqual([]);
});

test('many records: each id once, in order, and read back the same', async () => {
  const cwd = await temporaryFolder();
  const line = 'seq 20000 > in; wal append log in > ids; cmp in ids && wal cat log | cmp - in';
  expect(await shell(line, { cwd })).toEqual({ exitCode: 0, stdout: '', stderr: '' });
});

test('a directory in the place of an input', async () => {
  const cwd = await temporaryFolder();
  await mkdir(join(cwd, 'd'));
  const { exitCode, stderr } = await wal(['append', 'log', 'd'], { cwd });
  expect(exitCode).toBe(1);
  expect(stderr).toBe('wal: d: that is a directory; give a file\n');
  expect(await readdir(cwd)).toEqual(['d']); // No log is created for it.
  const imported = await wal(['import', 'log', 'd'], { cwd });
  expect([imported.exitCode, imported.stderr]).toEqual([1, stderr]);
});

test('a log that another process writes: exit code 4, and the line says who', async () => {
  const cwd = await temporaryFolder();
  const writer = new WalProcess(['append', 'log'], { cwd });
  writer.child.stdin.write('first\n');
  await writer.hasPrinted('1\n');
  const { exitCode, stdout, stderr } = await wal(['append', 'log'], { cwd, stdin: 'second\n' });
  expect([exitCode, stdout]).toEqual([4, '']);
  expect(stderr).toMatch(/^wal: ERR_LOG_LOCKED: .*\n$/);
  expect(stderr).toContain(`wait for process ${writer.child.pid} on `);
  writer.child.stdin.end();
  expect((await writer.ended).exitCode).toBe(0);
});

test('a log whose ids are used up: its own error', async () => {
  const cwd = await temporaryFolder();
  const line =
    'echo a | wal append log -q; wal trim log 9007199254740990 --yes > trimmed; seq 2 | wal append log';
  const { exitCode, stdout, stderr } = await shell(line, { cwd });
  expect([exitCode, stdout]).toEqual([1, '9007199254740991\n']);
  expect(stderr).toMatch(
    /^wal: ERR_LOG_TOO_LARGE: .*; the ids are used up: go on in a new log \(1 appended, the last is 9007199254740991\)\n$/,
  );
});
