import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createMemLog } from '@wal/memlog';
import { describe, expect, test } from 'vitest';
import { compareFile, MismatchError } from '../replay/compare-file.ts';
import type { LineSource } from '../replay/lines.ts';
import type { Terminal } from '../replay/progress.ts';
import { replayFile } from '../replay/replay-file.ts';
import { run } from '../replay/run.ts';
import { temporaryFolder } from './temporary-folder.ts';

class Recorder implements Terminal {
  text = '';
  readonly isTTY: boolean;

  constructor(isTTY = false) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.text += text;
  }
}

/** Runs the program on files of this folder, in which it also makes its logs. */
async function runIn(folder: string, paths: string[], signal = new AbortController().signal) {
  const [stdout, stderr] = [new Recorder(), new Recorder()];
  const parent = join(folder, 'logs');
  await mkdir(parent, { recursive: true });
  const exitCode = await run(paths, { stdout, stderr, workingDirectory: folder, signal, parent });
  return { exitCode, stdout: stdout.text, stderr: stderr.text, left: await readdir(parent) };
}

const files: readonly (readonly [name: string, contents: Buffer, records: number])[] = [
  ['empty', Buffer.alloc(0), 0],
  ['one newline', Buffer.from('\n'), 1],
  ['no final newline', Buffer.from('one\ntwo'), 2],
  ['CRLF and empty lines', Buffer.from('one\r\n\r\n\n\ntwo\r\n'), 5],
  ['NUL bytes and invalid UTF-8', Buffer.from([0, 10, 255, 254, 10, 0xc3, 10, 0, 0]), 4],
  ['a line of several records', Buffer.alloc(2_500_000, 'x'), 3],
  ['many short lines', Buffer.from('a\n'.repeat(50_000)), 50_000],
];

describe.each(files)('a file: %s', (_, contents, records) => {
  test('comes back as it was, and nothing is left behind', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), contents);
    const { exitCode, stdout, stderr, left } = await runIn(folder, ['file']);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    expect(left).toEqual([]);
    const count = `${records.toLocaleString('en-US')} record${records === 1 ? '' : 's'}`;
    expect(stdout).toContain(`append  ${count}, `);
    expect(stdout).toContain(`replay  ${count}, `);
    expect(stdout).toMatch(/peak memory \d+ MB\n$/);
  });
});

test('lines longer than a record are cut', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'file');
  await writeFile(path, 'abcdefghij\nab\n');
  const { signal } = new AbortController();
  const options = { terminal: new Recorder(), signal, parent: folder, maxRecordBytes: 4 };
  const { appended, replayed } = await replayFile(path, options);
  expect(appended).toMatchObject({ records: 4, bytes: 14, segments: 1 });
  expect(replayed).toMatchObject({ records: 4, bytes: 14, segments: 1 });
});

test('several files, each with its result', async () => {
  const folder = await temporaryFolder();
  for (const name of ['one', 'two']) await writeFile(join(folder, name), `${name}\n`);
  const { exitCode, stdout } = await runIn(folder, ['one', 'two']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^one: 4 bytes, identical.*^two: 4 bytes, identical/ms);
});

describe('what cannot be replayed is exit code 1 and one line', () => {
  test('a file that is not there', async () => {
    const folder = await temporaryFolder();
    const { exitCode, stdout, stderr, left } = await runIn(folder, ['missing']);
    expect([exitCode, stdout, left]).toEqual([1, '', []]);
    expect(stderr).toBe(`error: no such file: ${join(folder, 'missing')}\n`);
  });

  test('a directory', async () => {
    const folder = await temporaryFolder();
    const { exitCode, stderr } = await runIn(folder, ['.']);
    expect([exitCode, stderr]).toEqual([1, `error: not a regular file: ${folder}\n`]);
  });

  test.skipIf(process.platform === 'win32')('a device without end', async () => {
    const { exitCode, stderr } = await runIn(await temporaryFolder(), ['/dev/zero']);
    expect([exitCode, stderr]).toEqual([1, 'error: not a regular file: /dev/zero\n']);
  });

  test('a folder for logs that is not there', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), 'x');
    const stderr = new Recorder();
    const exitCode = await run(['file'], {
      stdout: new Recorder(),
      stderr,
      workingDirectory: folder,
      signal: new AbortController().signal,
      parent: join(folder, 'missing'),
    });
    expect(exitCode).toBe(1);
    expect(stderr.text).toMatch(/^error: no such file: .*\n$/);
  });

  test('a run that is stopped, and its log is removed', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), 'x\n'.repeat(100_000));
    const signal = AbortSignal.abort(new Error('stopped by SIGINT'));
    const { exitCode, stderr, left } = await runIn(folder, ['file'], signal);
    expect([exitCode, stderr, left]).toEqual([1, 'error: stopped by SIGINT\n', []]);
  });
});

describe('a log that is not the file is told from it', () => {
  const progress = { show: () => undefined, clear: () => undefined };

  function sourceOf(text: string): LineSource {
    let rest = Buffer.from(text);
    // Three bytes at a time, so that records lie across the chunks.
    const read = async (buffer: Uint8Array, _offset: number, length: number) => {
      const bytesRead = Math.min(3, length, rest.length);
      buffer.set(rest.subarray(0, bytesRead));
      rest = rest.subarray(bytesRead);
      return { bytesRead, buffer };
    };
    return { read: read as unknown as LineSource['read'] };
  }

  async function compare(records: readonly string[], text: string) {
    const log = createMemLog();
    await log.append(records.map((record) => Buffer.from(record)));
    const { signal } = new AbortController();
    return compareFile(log, sourceOf(text), { progress, signal });
  }

  test('the same', async () => {
    const amount = await compare(['one\n', '', 'twothree\n', 'four'], 'one\ntwothree\nfour');
    expect(amount).toEqual({ records: 4, bytes: 17 });
  });

  test.each([
    ['a byte', ['one\n', 'twO\n'], 'one\ntwo\n', 'log and file differ at byte 6'],
    [
      'a byte more',
      ['one\n', 'two\n', '2'],
      'one\ntwo\n',
      'the file ends at byte 8, the log goes on',
    ],
    ['a byte less', ['one\n', 'two'], 'one\ntwo\n', 'the log ends at byte 7, the file goes on'],
    ['a record less', ['one\n'], 'one\ntwo\n', 'the log ends at byte 4, the file goes on'],
    ['no records', [], 'x', 'the log ends at byte 0, the file goes on'],
    ['no file', ['x'], '', 'the file ends at byte 0, the log goes on'],
  ])('%s', async (_, records, text, message) => {
    await expect(compare(records, text)).rejects.toThrow(new MismatchError(message));
  });
});
