import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir, truncate, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { compiledExample } from './compiled-examples.ts';
import { temporaryFolder } from './temporary-folder.ts';

const script = compiledExample('replay-file.ts');
/** Many times what is through a log before the signal comes: a file that is one hole. */
const FILE_BYTES = 2 ** 32;

test.each(['SIGINT', 'SIGTERM'] as const)(
  'the replay of a file that %s stops leaves no log behind, and says what stopped it',
  async (signal) => {
    const [folder, temporary] = [await temporaryFolder(), await temporaryFolder()];
    const path = join(folder, 'hole');
    await writeFile(path, '');
    await truncate(path, FILE_BYTES);
    const child = fork(script, [path], {
      execArgv: [],
      cwd: folder,
      env: { ...process.env, TMPDIR: temporary, INIT_CWD: folder },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let errors = '';
    child.stderr?.on('data', (text) => {
      errors += text;
    });
    const closed = once(child, 'close');
    while (!(await readdir(temporary, { recursive: true })).some((name) => name.endsWith('.wal'))) {
      if (child.exitCode !== null) throw new Error(`it is over already: ${errors}`);
      await sleep(5);
    }
    child.kill(signal);
    expect(await closed).toEqual([128 + constants.signals[signal], null]);
    expect(errors).toBe(`error: stopped by ${signal}\n`);
    expect(await readdir(temporary)).toEqual([]);
  },
);
