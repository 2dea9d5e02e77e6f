import { describe, expect, test } from 'vitest';
import { compileCli } from './process/compiled-cli.ts';
import { temporaryFolder } from './process/temporary-folder.ts';
import { shell, WalProcess, wal } from './process/wal-process.ts';

compileCli();

describe('cat', () => {
  test.each([
    ['line', 'a\n\xff\n\n'],
    ['raw', 'a\xff'],
    ['json', '{"id":1,"text":"a"}\n{"id":2,"base64":"/w=="}\n{"id":3,"text":""}\n'],
    ['hex', '1 61\n2 ff\n3 \n'],
    ['nul', 'a\0\xff\0\0'],
    ['length', '\x01\0\0\0a\x01\0\0\0\xff\0\0\0\0'],
  ])('--format %s', async (format, expected) => {
    const cwd = await temporaryFolder();
    await wal(['append', 'log'], { cwd, stdin: Buffer.from('a\n\xff\n\n', 'latin1') });
    const running = new WalProcess(['cat', 'log', '--format', format], { cwd });
    running.child.stdin.end();
    expect((await running.ended).exitCode).toBe(0);
    expect(running.bytes).toEqual(Buffer.from(expected, 'latin1'));
  });

  test('--json of cat and tail is --format json', async () => {
    const cwd = await temporaryFolder();
    await wal(['append', 'log'], { cwd, stdin: 'a\n' });
    for (const command of ['cat', 'tail']) {
      const { stdout } = await wal([command, 'log', '--json'], { cwd });
      expect(stdout).toBe('{"id":1,"text":"a"}\n');
    }
  });

  test('--from and --to, also beyond both ends', async () => {
    const cwd = await temporaryFolder();
    await shell('seq 9 | wal append log -q; wal trim log 2 --yes', { cwd });
    const cat = async (...args: string[]) => (await wal(['cat', 'log', ...args], { cwd })).stdout;
    expect(await cat('--from', '4', '--to', '5')).toBe('4\n5\n');
    expect(await cat('--from', '0', '--to', '3')).toBe('3\n');
    expect(await cat('--from', '8', '--to', '99')).toBe('8\n9\n');
    expect(await cat('--from', '5', '--to', '4')).toBe('');
  });

  test('a round trip keeps any bytes', async () => {
    const cwd = await temporaryFolder();
    const line =
      'head -c 300000 /dev/urandom > bytes; wal append a bytes -q;' +
      'wal cat a --format length | wal append b -q --format length;' +
      'cmp <(wal cat a --format hex) <(wal cat b --format hex) && wal cat b | head -c 300000 | cmp - bytes';
    expect(await shell(line, { cwd })).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });
});

describe('tail', () => {
  test('the last records, as many as there are', async () => {
    const cwd = await temporaryFolder();
    await shell('seq 12 | wal append log -q', { cwd });
    const tail = async (...args: string[]) => (await wal(['tail', 'log', ...args], { cwd })).stdout;
    expect(await tail()).toBe('3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n');
    expect(await tail('-n', '2')).toBe('11\n12\n');
    expect(await tail('-n', '0')).toBe('');
    expect(await tail('-n', '99')).toMatch(/^1\n2\n/);
  });

  test('--follow beside a live writer, until Ctrl-C', async () => {
    const cwd = await temporaryFolder();
    const writer = new WalProcess(['append', 'log'], { cwd });
    writer.child.stdin.write('one\ntwo\n');
    await writer.hasPrinted('2\n');
    const follower = new WalProcess(['tail', 'log', '-n', '1', '-f'], { cwd });
    await follower.hasPrinted('two\n');
    writer.child.stdin.write('three\n');
    await follower.hasPrinted('three\n');
    follower.child.kill('SIGINT');
    expect(await follower.ended).toEqual({ exitCode: 130, stdout: 'two\nthree\n', stderr: '' });
    writer.child.stdin.end('four\n');
    expect(await writer.ended).toEqual({ exitCode: 0, stdout: '1\n2\n3\n4\n', stderr: '' });
  });
});
