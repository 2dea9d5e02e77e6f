import { join } from 'node:path';
import { openFsLog } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import { Mount } from './kernel/mounts.ts';
import { run, skipNote, whyNoMount } from './kernel/programs.ts';
import { PidNamespace, whyNoNamespaces, within } from './process/namespaces.ts';
import { makeStale, openAtOnce } from './process/tickets.ts';
import { CommandProcess } from './support/child-process.ts';
import { compiledScript, compileForProcesses } from './support/compiled-sources.ts';
import { rejection } from './support/errors.ts';
import { openLog, temporaryDirectory } from './support/temporary-log.ts';

const MIB = 1_048_576;
const reason = whyNoNamespaces();

compileForProcesses();

/** A process that holds the log. */
async function holder(directory: string, where: readonly string[]): Promise<CommandProcess> {
  const other = new CommandProcess(where);
  await other.call('open', directory);
  await other.call('fill', 1);
  return other;
}

/** Lets a process end without closing the log. When it resolves, not even a zombie of it is left. */
async function end(process: CommandProcess): Promise<void> {
  await process.call('exit');
  await process.exited;
}

/** The code of what opening rejects with. */
async function refusal(opener: CommandProcess, directory: string): Promise<string | undefined> {
  return (await opener.run('open', directory)).error?.code;
}

describe.skipIf(reason !== undefined)(`OPEN-2 a live holder${skipNote(reason)}`, () => {
  const PROCS = ['its own /proc', "its parent's /proc"] as const;
  for (const [of, by] of [
    PROCS,
    [PROCS[1], PROCS[0]],
    [PROCS[1], PROCS[1]],
    [PROCS[0], PROCS[0]],
  ] as const) {
    test(`that sees ${of}, looked at from its pid namespace by one that sees ${by}`, async () => {
      const directory = await temporaryDirectory();
      const namespace = await PidNamespace.create();
      const first = await holder(directory, namespace.within(of));
      const opener = new CommandProcess(namespace.within(by));
      expect(await refusal(opener, directory)).toBe('ERR_LOG_LOCKED');
      // Who is there can be seen where both see their own; elsewhere only who is not.
      await makeStale(directory);
      const areOwn = of === PROCS[0] && by === PROCS[0];
      expect(await refusal(opener, directory)).toBe(areOwn ? 'ERR_LOG_LOCKED' : undefined);
      await end(first);
      if (areOwn) await opener.call('open', directory);
      await end(opener);
      // It is gone from the namespace that both are in, whatever /proc says.
      const next = new CommandProcess(namespace.within(by));
      await next.call('open', directory);
    });
  }

  test('and an opener, in two pid namespaces of which neither sees a /proc', async () => {
    const directory = await temporaryDirectory();
    await holder(directory, within.noProc);
    const opener = new CommandProcess(within.otherPidsAndNoProc);
    expect(await refusal(opener, directory)).toBe('ERR_LOG_LOCKED');
    await makeStale(directory);
    expect(await refusal(opener, directory)).toBeUndefined();
  });

  test('in another time namespace, whose clock is ahead', async () => {
    const directory = await temporaryDirectory();
    const first = await holder(directory, within.otherTime);
    await rejection(openFsLog(directory), 'ERR_LOG_LOCKED');
    await end(first);
    await openAtOnce(directory);
  });

  test('in a container of another name on this host, as one without', async () => {
    const directory = await temporaryDirectory();
    const first = await holder(directory, within.hostname('other'));
    await makeStale(directory);
    const error = await rejection(openFsLog(directory), 'ERR_LOG_LOCKED');
    expect(error.holder?.host).toBe('other');
    await end(first);
    await openAtOnce(directory);
  });
});

const noMount = reason ?? whyNoMount();

test.skipIf(noMount !== undefined)(
  `OPEN-2 a holder that is gone, on a full disk, whose host has the longest of names${skipNote(noMount)}`,
  async () => {
    const mount = await Mount.tmpfs('size=2m');
    const directory = join(mount.path, 'log');
    await (await openLog(directory)).close();
    mount.fill('ballast', MIB * 2);
    const first = new CommandProcess(within.hostname('h'.repeat(64)));
    await first.call('open', directory);
    await end(first);
    await openAtOnce(directory);
  },
);

test.skipIf(reason !== undefined)(
  `a /proc is not one's own because it happens to have one's number${skipNote(reason)}`,
  () => {
    const program =
      `import { isOwnProc } from '${compiledScript('src/lock/procfs')}';` +
      "import { readlinkSync } from 'node:fs';" +
      "console.log(readlinkSync('/proc/self') === String(process.pid), isOwnProc())";
    const node = [process.execPath, '--input-type=module', '--eval', program] as const;
    expect(run(...node)).toBe('true true');
    // In the outer namespace are only these: the inner one's second process is the outer one's third.
    const outer = ['unshare', '--fork', '--pid', '--mount-proc', 'unshare', '--fork', '--pid'];
    const inner = 'echo 2 > /proc/sys/kernel/ns_last_pid; "$@"; exit $?';
    expect(run('unshare', ...outer.slice(1), 'sh', '-c', inner, 'sh', ...node)).toBe('true false');
  },
);
