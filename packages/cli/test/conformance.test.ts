import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { compileCli, compiledMemlog } from './process/compiled-cli.ts';
import { temporaryFolder } from './process/temporary-folder.ts';
import { WalProcess, wal } from './process/wal-process.ts';

compileCli();

/** A folder with a fixture of logs in memory; `change` is done to each log that it opens. */
async function folderWithFixture(change = '', place = ''): Promise<string> {
  const cwd = await temporaryFolder();
  const memlog = compiledMemlog();
  const source = `
    import { createMemLog, createMemStorage } from '${pathToFileURL(memlog).href}';
    export const memory = {
      name: 'memory',
      capabilities: {
        reopen: true, exclusion: 'locked', maxRecordBytes: 1048576, configurableLimit: true,
      },
      async place() {
        ${place}
        const storage = createMemStorage();
        return {
          async open(options) {
            const log = createMemLog({ ...options, storage });
            ${change}
            return log;
          },
          async destroy() {},
        };
      },
    };`;
  await writeFile(join(cwd, 'fixture.mjs'), source);
  return cwd;
}

describe('conformance', () => {
  test('a backend that keeps the contract: passed, with clauses, what is skipped and why', async () => {
    const cwd = await folderWithFixture();
    const args = ['conformance', './fixture.mjs', '--seed', '7'];
    const { exitCode, stdout, stderr } = await wal(args, { cwd });
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toContain('passed    TRIM-1 discards a part of a batch, id by id\n');
    expect(stdout).toContain(
      'skipped   METADATA-1 the log gives back what it was created with\n          fixture gives no metadata\n',
    );
    expect(stdout).toMatch(/\nmemory: \d+ passed, 0 failed, \d+ skipped; seed 7\n$/);
  });

  test('as JSON, of a part', async () => {
    const cwd = await folderWithFixture();
    const args = ['conformance', './fixture.mjs', '--only', 'TRIM-2', '--json'];
    const { stdout } = await wal(args, { cwd });
    const { name, passed, failed, skipped, notRun, tests } = JSON.parse(stdout);
    expect({ name, passed, failed, skipped, notRun }).toEqual({
      name: 'memory',
      passed: 3,
      failed: 0,
      skipped: 0,
      notRun: 0,
    });
    expect(tests[0]).toEqual({
      clause: 'TRIM-2',
      title: 'trim of all empties the log and keeps nextId',
      outcome: 'passed',
    });
  });

  test('one that does not: the clause, why, and exit code 1', async () => {
    const cwd = await folderWithFixture(
      'const trim = log.trim; log.trim = (id) => trim.call(log, id - 1);',
    );
    const args = ['conformance', './fixture.mjs', '--only', 'TRIM', '-q'];
    const { exitCode, stdout } = await wal(args, { cwd });
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /^failed {4}TRIM-1 [\s\S]*\n {10}ConformanceFailure: .*\n {12}expected: .*\n/,
    );
    expect(stdout).not.toContain('passed  ');
    expect(stdout).toMatch(/\nmemory: \d+ passed, [1-9]\d* failed, 1 skipped; seed \d+\n$/);
  });

  test('one that hangs, or ends the process: that test has failed, those behind it are not run', async () => {
    const hanging = await folderWithFixture(
      'log.trim = () => new Promise(() => { setInterval(() => {}, 1e6); });',
    );
    const args = ['conformance', './fixture.mjs', '--only', 'TRIM', '--timeout', '15'];
    const hung = await wal(args, { cwd: hanging });
    expect(hung.exitCode).toBe(1);
    expect(hung.stdout).toContain('          did not end within 15 s\n');
    expect(hung.stdout).toMatch(
      /\nmemory: \d+ passed, 1 failed, 1 skipped, \d+ not run; seed \d+\n$/,
    );
    const exiting = await folderWithFixture('log.trim = () => process.exit(9);');
    const ended = await wal(args, { cwd: exiting });
    expect(ended.stdout).toContain('          the process ended meanwhile: exit code 9\n');
    expect(ended.exitCode).toBe(1);
  });

  test('no fixture, no module, several fixtures: a line', async () => {
    const cwd = await folderWithFixture();
    await writeFile(join(cwd, 'none.mjs'), 'export const nothing = 1;');
    await writeFile(
      join(cwd, 'two.mjs'),
      "export { memory as a } from './fixture.mjs'; import { memory } from './fixture.mjs'; export const b = { ...memory };",
    );
    await writeFile(join(cwd, 'broken.mjs'), 'export const { nothing } = undefined;');
    const lines = [];
    const names = ['./none.mjs', './two.mjs', './missing.mjs', 'no-such-package', './broken.mjs'];
    for (const name of names) {
      const { exitCode, stdout, stderr } = await wal(['conformance', name], { cwd });
      expect([exitCode, stdout]).toEqual([1, '']);
      lines.push(stderr);
    }
    expect(lines.pop()).toMatch(
      /^wal: \.\/broken\.mjs cannot be loaded: TypeError: .*; `node \.\/broken\.mjs` shows where\n$/,
    );
    expect(lines).toEqual([
      'wal: ./none.mjs exports no fixture: an object with name, capabilities and place(), as docs/WRITING-A-BACKEND.md says\n',
      'wal: ./two.mjs exports these fixtures: a, b; say which with --fixture\n',
      'wal: ./missing.mjs: there is no such file; give the path of a module, as ./fixture.js\n',
      'wal: no-such-package: no such package is installed here; give the path of a module, as ./fixture.js\n',
    ]);
    const args = ['conformance', './two.mjs', '--fixture', 'b', '--only', 'IDS-1'];
    expect((await wal(args, { cwd })).exitCode).toBe(0);
  });

  test('SIGINT: the test under way ends and removes what it made, then what there is is printed', async () => {
    const cwd = await folderWithFixture();
    const source = `
      import { mkdtemp, rm } from 'node:fs/promises';
      import { memory } from './fixture.mjs';
      export const slow = {
        ...memory,
        async place() {
          const folder = await mkdtemp('place-');
          const place = await memory.place();
          console.log('placed');
          await new Promise((resolve) => setTimeout(resolve, 100));
          return { open: place.open, destroy: () => rm(folder, { recursive: true }) };
        },
      };`;
    await writeFile(join(cwd, 'slow.mjs'), source);
    const running = new WalProcess(['conformance', './slow.mjs'], { cwd });
    await running.hasPrinted('placed\nplaced\n');
    running.child.kill('SIGINT');
    const { exitCode, stdout, stderr } = await running.ended;
    expect(exitCode).toBe(130);
    expect(stdout).toMatch(/\nmemory: \d+ passed, 0 failed, \d+ skipped, \d+ not run; seed \d+\n$/);
    expect(stderr).toMatch(/wal: stopped by SIGINT\n$/);
    expect((await readdir(cwd)).sort()).toEqual(['fixture.mjs', 'slow.mjs']);
  });
});
