import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compileForProcesses } from '../support/compiled-sources.ts';
import { temporaryDirectory } from '../support/temporary-log.ts';
import { run, skipNote, whyMissing } from './programs.ts';
import type { PlantedBug } from './victim-calls.ts';
import { WorkingLog } from './working-log.ts';

compileForProcesses();

const reason = whyMissing('prlimit');

/** Sets the soft limit of a process that runs; the hard one stays, so that it can be lifted. */
function limit(log: WorkingLog, what: 'nofile' | 'fsize', value: number | 'unlimited'): void {
  run('prlimit', '--pid', String(log.victim.pid), `--${what}=${value}:`);
}

function openDescriptors(log: WorkingLog): number {
  return readdirSync(`/proc/${log.victim.pid}/fd`).length;
}

async function newLog(): Promise<WorkingLog> {
  return new WorkingLog(join(await temporaryDirectory(), 'log'));
}

describe.skipIf(reason !== undefined)(`EMFILE${skipNote(reason)}`, () => {
  test('APPEND-8 what needs a file is not done, and what is open serves on', async () => {
    const log = await newLog();
    await log.start();
    await log.open();
    await log.append(100);
    limit(log, 'nofile', 1);
    for (let i = 0; i < 5; i++) expect(await log.append(200)).not.toHaveProperty('code');
    expect(await log.run({ call: 'roll' })).toMatchObject([
      { code: 'ERR_LOG_NO_SPACE', errnos: [-24] },
    ]);
    expect(await log.append(300)).not.toHaveProperty('code');
    limit(log, 'nofile', 1024);
    expect(await log.run({ call: 'roll' })).toMatchObject([{ value: {} }]);
    expect(await log.append(300)).not.toHaveProperty('code');
    expect(await log.run({ call: 'read' })).toMatchObject([{ value: {} }]);
    await log.end();
    await log.check('after EMFILE');
  });

  test('ERRORS-2 opening says so, leaves nothing open and can be tried again', async () => {
    const log = await newLog();
    await log.start();
    await log.open({ options: { segmentBytes: 4096 } });
    for (let i = 0; i < 6; i++) await log.append(3000);
    await log.run({ call: 'close' });
    const before = openDescriptors(log);
    let tries = 0;
    for (let most = 3; ; most++) {
      limit(log, 'nofile', most);
      const { code, errnos } = await log.open({ options: { segmentBytes: 4096 } });
      limit(log, 'nofile', 1024);
      if (code === undefined) break;
      expect(code).toBe('ERR_LOG_FAILED');
      expect(errnos).toContain(-24);
      expect(openDescriptors(log)).toBe(before);
      expect(tries++).toBeLessThan(60);
    }
    expect(tries).toBeGreaterThan(1);
    limit(log, 'nofile', before);
    expect(await log.run({ call: 'read' })).toMatchObject([{ code: 'ERR_LOG_FAILED' }]);
    limit(log, 'nofile', 1024);
    expect(await log.run({ call: 'read' })).toMatchObject([{ value: {} }]);
    expect(await log.append(3000)).not.toHaveProperty('code');
    await log.end();
    await log.check('after EMFILE');
  });
});

describe.skipIf(reason !== undefined)(
  `writes that are cut short by a limit on the file${skipNote(reason)}`,
  () => {
    async function exceed(bug?: PlantedBug): Promise<WorkingLog> {
      const log = await newLog();
      await log.start();
      await log.open({ options: { preallocate: false }, ...(bug && { bug }) });
      await log.append(1000, 20);
      limit(log, 'fsize', 10_000);
      for (const size of [3000, 2000, 9000]) await log.append(size, size);
      await log.run({ call: 'read' });
      limit(log, 'fsize', 'unlimited');
      await log.append(500);
      await log.kill();
      return log;
    }

    test('APPEND-8 OPEN-4 the part that was written is gone', async () => {
      const log = await exceed();
      await log.check('after a short write');
    });

    test('a log that ignores them is convicted', async () => {
      const verdict = await exceed('ignores short writes').then(
        (log) => log.check('after a short write').catch((error: unknown) => error),
        (error: unknown) => error,
      );
      console.log(`a log that ignores short writes: ${verdict}`);
      expect(String(verdict)).toMatch(/found .* which is none of|not what was acknowledged/);
    });
  },
);
