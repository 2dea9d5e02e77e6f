import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { directoryContents } from './logs/log-contents.ts';
import { createLongLog } from './logs/source-logs.ts';
import { compileCli } from './process/compiled-cli.ts';
import { temporaryFolder } from './process/temporary-folder.ts';
import { answered } from './process/terminal.ts';
import { shell, wal } from './process/wal-process.ts';

compileCli();

/** What a line shows on a terminal, with what moves the cursor. */
async function shown(line: string, cwd: string): Promise<string> {
  return (await answered(line, '', cwd)).stdout;
}

const ESCAPE = '\u001b';
const HIDE_CURSOR = `${ESCAPE}[?25l`;
const SHOW_CURSOR = `${ESCAPE}[?25h`;
const BAR = /copy \[=*-*\] +\d+% [\d,]+\/2,560 records \| [\d,]+\/s/;

describe('progress', () => {
  test('on a terminal: a bar with rate and time left, taken away at the end', async () => {
    const cwd = await temporaryFolder();
    await createLongLog(join(cwd, 'a'), 10);
    const text = await shown('wal copy a b --verify', cwd);
    expect(text).toMatch(BAR);
    expect(text).toMatch(/copy \[={24}\] 100% 2,560\/2,560 records \| [\d,]+\/s \| 0 s left/);
    expect(text).toMatch(/compare \[={24}\] 100% /);
    expect(text.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(text.lastIndexOf(HIDE_CURSOR));
    // Its line is erased before the result is printed in its place.
    expect(text).toContain(`${ESCAPE}[2Kcopied records 1 to 2560: 2,560 records, 2.6 MB\n`);
  });

  test('of a stream from a file in bytes; from a pipe without a bar', async () => {
    const cwd = await temporaryFolder();
    await createLongLog(join(cwd, 'a'), 10);
    expect(await shown('wal export a a.wal', cwd)).toMatch(
      /export \[={24}\] 100% 2,560\/2,560 rec/,
    );
    expect(await shown('wal import b a.wal', cwd)).toMatch(
      /import \[[=-]{24}\] +\d+% \d+(\.\d)? \w+\/2\.6 MB \| \d+(\.\d)? \w+\/s \| \d+ s left/,
    );
    expect(await shown('wal export a > b.wal', cwd)).toMatch(/export \[={24}\] 100% /);
    const piped = await shown('wal export a | wal import c', cwd);
    expect(piped).not.toContain('export');
    expect(piped).toMatch(/import \d+(\.\d)? \w?B \| \d+(\.\d)? \w?B\/s/);
    expect(piped).not.toContain('%');
  });

  test.each(['wal copy a b --json', 'wal copy a b --quiet', 'wal copy a b 2>/dev/null'])(
    'none: %s',
    async (line) => {
      const cwd = await temporaryFolder();
      await createLongLog(join(cwd, 'a'), 2);
      expect(await shown(line, cwd)).not.toContain(ESCAPE);
    },
  );

  test('Ctrl-C takes the bar away and gives the cursor back; the same command goes on', async () => {
    const cwd = await temporaryFolder();
    await createLongLog(join(cwd, 'a'), 400); // Not done before the key comes through.
    const copied = await answered('wal copy a b', '\x03', cwd, 'copy [');
    expect(copied.exitCode).toBe(130);
    expect(copied.stdout).toMatch(/\[2Kwal: stopped by SIGINT \(.*\); the same command goes on /);
    expect(copied.stdout.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(
      copied.stdout.lastIndexOf(HIDE_CURSOR),
    );
    expect((await wal(['copy', 'a', 'b'], { cwd })).exitCode).toBe(0);
    // A terminal tells all of a pipe.
    const piped = await answered('wal export a | wal import c', '\x03', cwd, 'import ');
    expect(piped.exitCode).toBe(130);
    expect(piped.stdout).toContain('wal: stopped by SIGINT (');
    expect((await shell('wal export a | wal import c', { cwd })).exitCode).toBe(0);
    const expected = await directoryContents(join(cwd, 'a'));
    expect(await directoryContents(join(cwd, 'b'))).toEqual(expected);
    expect(await directoryContents(join(cwd, 'c'))).toEqual(expected);
  });

  test('none where stderr is no terminal', async () => {
    const cwd = await temporaryFolder();
    await createLongLog(join(cwd, 'a'), 2);
    expect((await wal(['copy', 'a', 'b'], { cwd })).stderr).toBe('');
  });
});
