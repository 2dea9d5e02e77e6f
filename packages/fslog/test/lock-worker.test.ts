import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { openFsLog } from '@wal/fslog';
import { describe, expect, onTestFinished, test } from 'vitest';
import { makeStale, openAtOnce } from './process/tickets.ts';
import { CommandProcess } from './support/child-process.ts';
import { compiledScript, compileForProcesses } from './support/compiled-sources.ts';
import { rejection } from './support/errors.ts';
import { fill, ids, readIds } from './support/records.ts';
import { temporaryDirectory } from './support/temporary-log.ts';

const reason = process.platform === 'linux' ? undefined : 'needs the /proc of Linux';

compileForProcesses();

/** A worker thread of this process that holds the log, with 3 records. */
async function holder(directory: string): Promise<Worker> {
  const worker = new Worker(compiledScript('test/support/log-worker'), {
    workerData: { directory },
    execArgv: [], // The test runner's has its modules be the sources.
  });
  onTestFinished(() => worker.terminate().then(() => undefined));
  expect(await once(worker, 'message')).toEqual([3]);
  return worker;
}

/** The file of META and what it is on the disk. */
async function meta(directory: string): Promise<[name: string, inode: bigint]> {
  const [name = '', ...others] = await readdir(join(directory, 'META'));
  expect(others).toEqual([]);
  return [name, (await stat(join(directory, 'META', name), { bigint: true })).ino];
}

const WAYS: Readonly<Record<string, (worker: Worker) => unknown>> = {
  'was terminated': (worker) => worker.terminate(),
  'threw what nobody caught': (worker) => worker.postMessage('throw'),
  'had nothing more to do': (worker) => worker.postMessage('run out'),
};

describe.skipIf(reason !== undefined)('OPEN-2 a worker thread that held the log', () => {
  for (const [way, end] of Object.entries(WAYS)) {
    test(`and ${way}: taken over at once, as from one that may only be stalled`, async () => {
      const directory = await temporaryDirectory();
      const worker = await holder(directory);
      const before = await meta(directory);
      worker.once('error', () => undefined);
      const exited = new Promise((resolve) => worker.once('exit', resolve));
      end(worker);
      await exited;
      const log = await openAtOnce(directory);
      expect(await readIds(log)).toEqual([1, 2, 3]);
      await fill(log, 1);
      // The thread's calls may still be under way: its META is not handed on.
      const after = await meta(directory);
      expect(after[0]).not.toBe(before[0]);
      expect(after[1]).not.toBe(before[1]);
      await log.close();
    });
  }

  test('and lives, with a heartbeat that is late: not taken over', async () => {
    const directory = await temporaryDirectory();
    const worker = await holder(directory);
    await makeStale(directory);
    const error = await rejection(openFsLog(directory), 'ERR_LOG_LOCKED');
    expect(error.holder?.pid).toBe(process.pid);
    const other = new CommandProcess();
    expect((await other.run('open', directory)).error?.code).toBe('ERR_LOG_LOCKED');
    worker.postMessage('append');
    expect(await once(worker, 'message')).toEqual([4]);
    // Another process sees its end, too.
    await worker.terminate();
    await other.call('open', directory);
    expect(await other.call('readIds')).toEqual(ids(1, 4));
  });
});
