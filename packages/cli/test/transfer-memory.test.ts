import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { createLongLog } from './logs/source-logs.ts';
import { compileCli } from './process/compiled-cli.ts';
import { temporaryFolder } from './process/temporary-folder.ts';
import { shell } from './process/wal-process.ts';

compileCli();

/** 256 MB of records. */
const BATCHES = 1000;
/** A process that kept them would need 300 and more. With 16 in flight, and what Node itself takes, these do with 160. */
const MOST_MIB = 250;
/** It writes a gigabyte: on a busy disk that takes its time. */
const LIMIT_MS = 300_000;

test(
  'copy, export and import hold a part of the log in memory, not all of it',
  async () => {
    const cwd = await temporaryFolder();
    await createLongLog(join(cwd, 'a'), BATCHES);
    const hook = join(cwd, 'hook.mjs');
    const source =
      "process.on('exit', () => console.error('max', process.resourceUsage().maxRSS >> 10, 'MiB'));";
    await writeFile(hook, source);
    const env = { NODE_OPTIONS: `--import=${pathToFileURL(hook)}` };
    for (const line of ['copy a b --verify', 'export a a.wal', 'import c a.wal']) {
      // By a shell: what counts as the most of a process that this one starts is what this one had, if that is more.
      const { exitCode, stderr } = await shell(`wal ${line}; exit $?`, { cwd, env });
      const [, most] = /^max (\d+) MiB\n$/.exec(stderr) ?? [];
      expect(exitCode).toBe(0);
      expect(Number(most), line).toBeLessThan(MOST_MIB);
    }
  },
  LIMIT_MS,
);
