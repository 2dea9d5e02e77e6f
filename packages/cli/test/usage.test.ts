import { readdirSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { COMMAND_GROUPS } from '../src/command-table.ts';
import { EXIT_CODES } from '../src/failure/exit-code.ts';
import { compileCli } from './process/compiled-cli.ts';
import { temporaryFolder } from './process/temporary-folder.ts';
import { shell, wal } from './process/wal-process.ts';

compileCli();

const COMMANDS = COMMAND_GROUPS.flatMap(({ commands }) => commands);
const SOURCES = new URL('../src/', import.meta.url);

describe('help', () => {
  test('of the whole: each command, examples, exit codes', async () => {
    const { exitCode, stdout, stderr } = await wal(['--help']);
    expect([exitCode, stderr]).toEqual([0, '']);
    for (const { name, summary } of COMMANDS) {
      expect(stdout).toMatch(new RegExp(`^  ${name} .*${summary}$`, 'm'));
    }
    for (const [code, meaning] of EXIT_CODES) {
      expect(stdout.replaceAll(/ +/g, ' ')).toContain(`\n ${code} ${meaning}`);
    }
    expect((await wal(['help'])).stdout).toBe(stdout);
  });

  test.each(COMMANDS)(
    'of $name: its options, and examples',
    async ({ name, options, examples }) => {
      const { exitCode, stdout, stderr } = await wal([name, '--help']);
      expect([exitCode, stderr]).toEqual([0, '']);
      for (const { flags } of Object.values(options)) expect(stdout).toContain(`  ${flags}  `);
      expect(examples.length).toBeGreaterThan(0);
      for (const { line } of examples) expect(stdout).toContain(`\n  ${line}\n`);
    },
  );

  test('to a full disk: it says so', async () => {
    const { exitCode, stderr } = await shell('wal --help > /dev/full');
    expect([exitCode, stderr]).toEqual([
      1,
      'wal: no space left; free some, then run the command again\n',
    ]);
  });

  test('into a pipe that closes: no message', async () => {
    const { stdout, stderr } = await shell('wal --help | head -1');
    expect([stdout, stderr]).toEqual(['Usage: wal [options] [command]\n', '']);
  });

  test('needs no client of buckets: one file loads it, when it is asked to', () => {
    const loading = readdirSync(SOURCES, { recursive: true })
      .map(String)
      .filter((path) => path.endsWith('.ts'))
      .filter((path) =>
        /^(?!import type|export async function).*'@(wal\/s3log|aws-sdk)/m.test(
          readFileSync(new URL(path, SOURCES), 'utf8'),
        ),
      );
    expect(loading).toEqual(['address/load-s3log.ts']);
  });
});

test('--version', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', SOURCES), 'utf8'));
  expect((await wal(['--version'])).stdout).toBe(`${version}\n`);
});

test.each([
  [[], 'what to do is not said; see `wal --help`'],
  [['xyzzy'], "unknown command 'xyzzy'; see `wal --help`"],
  [['cta', 'log'], "unknown command 'cta' (Did you mean cat?); see `wal --help`"],
  [['help', 'nope'], "unknown command 'nope'; see `wal --help`"],
  [['--nope'], "unknown option '--nope'; see `wal --help`"],
  [['cat'], "missing required argument 'address'; see `wal cat --help`"],
  [
    ['cat', 'a', '--form', '1'],
    "unknown option '--form' (Did you mean --from?); see `wal cat --help`",
  ],
  [
    ['cat', 'a', 'b'],
    "too many arguments for 'cat'. Expected 1 argument but got 2; see `wal cat --help`",
  ],
  [
    ['cat', 'a', '--from', '1.5'],
    "--from <id> must be a whole number from 0 to 9007199254740991, not '1.5'",
  ],
  [
    ['append', 'a', '--batch', '0'],
    "-b, --batch <count> must be a whole number from 1 to 1000000, not '0'",
  ],
  [['cat', ''], 'the address is empty: give a directory, or s3://BUCKET/PREFIX'],
  [
    ['cat', 'http://a'],
    "'http://a': http: is no kind of log; use file:, s3:// or mem:, or ./http://a for a path",
  ],
  [['cat', 's3://'], "'s3://' names no bucket; write s3://BUCKET/PREFIX"],
  [['cat', 'mem:x'], "'mem:x': a log in memory has no name; write mem:"],
  [['cat', 'file:'], "'file:' names no directory; write file:PATH"],
  [
    ['cat', 'file://host/a'],
    "'file://host/a' is no path of this host; write file:///PATH or file:PATH",
  ],
])('wal %j: one line, exit code 2, and nothing is done', async (args, message) => {
  const cwd = await temporaryFolder();
  expect(await wal(args, { cwd })).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: `wal: ${message}\n`,
  });
  expect(await readdir(cwd)).toEqual([]);
});

test('addresses of one directory', async () => {
  const cwd = await temporaryFolder();
  await wal(['append', './a:b'], { cwd, stdin: 'x\n' });
  for (const address of ['./a:b', 'file:a:b', `file:${cwd}/a:b`, `file://${cwd}/a:b`]) {
    expect(await wal(['cat', address], { cwd })).toEqual({
      exitCode: 0,
      stdout: 'x\n',
      stderr: '',
    });
  }
});
