import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fsLogHolder, openFsLog } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import {
  keepFresh,
  leaveTicket,
  makeStale,
  openAtOnce,
  ticketPath,
  tickets,
} from './process/tickets.ts';
import { CommandProcess } from './support/child-process.ts';
import { compileForProcesses } from './support/compiled-sources.ts';
import { rejection } from './support/errors.ts';
import { fill, ids, readIds } from './support/records.ts';
import { openLog, temporaryDirectory } from './support/temporary-log.ts';
import { WorkloadWriter } from './support/workload-writer.ts';

compileForProcesses();

const OTHER_BOOT = '00000000-0000-0000-0000-000000000000';

/** This process as it names itself in a ticket. The log is left closed. */
async function ownOwner(directory: string): Promise<{ pid: number; startTime: string }> {
  const log = await openLog(directory);
  const text = await readFile(await ticketPath(directory), 'utf8');
  await log.close();
  return JSON.parse(text);
}

describe('OPEN-2 a log that is held', () => {
  test('by this process: refused, with the holder', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory);
    await fill(log, 1);
    const error = await rejection(openFsLog(directory), 'ERR_LOG_LOCKED');
    expect(error.holder?.pid).toBe(process.pid);
    expect(error.message).toContain(`pid=${process.pid}`);
    expect(await fsLogHolder(directory)).toEqual(error.holder);
    await fill(log, 1);
    await log.close();
    expect(await fsLogHolder(directory)).toBeUndefined();
    expect(await readIds(await openLog(directory))).toEqual([1, 2]);
  });

  test('by nobody yet: there is no holder, and asking changes nothing', async () => {
    const directory = await temporaryDirectory();
    expect(await fsLogHolder(directory)).toBeUndefined();
    expect(await fsLogHolder(join(directory, 'missing'))).toBeUndefined();
    expect(await readdir(directory)).toEqual([]);
  });

  test('by another process: refused, with its pid, until it closes', async () => {
    const directory = await temporaryDirectory();
    const other = new CommandProcess();
    await other.call('open', directory);
    await other.call('fill', 3);
    const error = await rejection(openFsLog(directory), 'ERR_LOG_LOCKED');
    expect(error.holder?.pid).toBe(other.pid);
    await other.call('close');
    const log = await openAtOnce(directory);
    const refused = await other.run('open', directory);
    expect(refused.error?.code).toBe('ERR_LOG_LOCKED');
    expect(refused.error?.message).toContain(`pid=${process.pid}`);
    expect(await readIds(log)).toEqual([1, 2, 3]);
  });

  test('by a live process whose heartbeat is late: not taken over', async () => {
    const directory = await temporaryDirectory();
    const other = new CommandProcess();
    await other.call('open', directory);
    // Its event loop does not turn, as in a long computation, and its heartbeat is an hour old.
    const blocked = other.run('block', 500);
    await makeStale(directory);
    const error = await rejection(openFsLog(directory), 'ERR_LOG_LOCKED');
    expect(error.holder?.pid).toBe(other.pid);
    await blocked;
    await rejection(openFsLog(directory), 'ERR_LOG_LOCKED');
    await other.call('fill', 1);
  });
});

describe('OPEN-2 a lock whose owner is gone', () => {
  test('killed: taken over at once', async () => {
    const directory = await temporaryDirectory();
    const other = new CommandProcess();
    await other.call('open', directory);
    await other.call('fill', 3);
    await other.kill();
    const log = await openAtOnce(directory);
    expect(await readIds(log)).toEqual([1, 2, 3]);
    await fill(log, 1);
  });

  test('exited without closing: free, and nothing is lost', async () => {
    const directory = await temporaryDirectory();
    const other = new CommandProcess();
    await other.call('open', directory);
    await other.call('fill', 3);
    await other.call('exit');
    await other.exited;
    expect(await readIds(await openAtOnce(directory))).toEqual([1, 2, 3]);
  });

  test('its pid belongs to another process now: taken over at once', async () => {
    const directory = await temporaryDirectory();
    const owner = await ownOwner(directory);
    expect(owner.pid).toBe(process.pid);
    await leaveTicket(directory, { ...owner, startTime: String(Number(owner.startTime) - 1) });
    await openAtOnce(directory);
  });

  test('the machine was started again since: taken over at once', async () => {
    const directory = await temporaryDirectory();
    await leaveTicket(directory, { ...(await ownOwner(directory)), bootId: OTHER_BOOT });
    await openAtOnce(directory);
  });

  for (const [what, change] of [
    ['on another host', { host: 'elsewhere', bootId: OTHER_BOOT }],
    ['in another pid namespace', { pidNamespace: 'pid:[1]' }],
    ['in another time namespace', { timeNamespace: 'time:[1]' }],
    ['that did not know its boot', { bootId: undefined }],
    ['that did not know its pid namespace', { pidNamespace: undefined }],
    ['that did not know when it began', { startTime: undefined }],
  ] as const) {
    test(`${what}: nothing is known of it but the age of its heartbeat`, async () => {
      const directory = await temporaryDirectory();
      await leaveTicket(directory, { ...(await ownOwner(directory)), ...change });
      await keepFresh(directory);
      await rejection(openFsLog(directory), 'ERR_LOG_LOCKED');
      await makeStale(directory);
      await openLog(directory);
    });
  }

  test('of this boot, when the host was called otherwise: as one that was not', async () => {
    const directory = await temporaryDirectory();
    const owner = { ...(await ownOwner(directory)), host: 'elsewhere' };
    await leaveTicket(directory, owner);
    await makeStale(directory);
    await rejection(openFsLog(directory), 'ERR_LOG_LOCKED');
    await leaveTicket(directory, { ...owner, startTime: `${Number(owner.startTime) - 1}` });
    await openAtOnce(directory);
  });

  for (const text of ['', '{', 'null', '[]', '{"host":5,"pid":"x"}', '\0'.repeat(200)]) {
    test(`a ticket that says ${JSON.stringify(text.slice(0, 22))}: its age tells`, async () => {
      const directory = await temporaryDirectory();
      await mkdir(join(directory, 'LOCK'));
      await writeFile(join(directory, 'LOCK', '7'), text);
      await keepFresh(directory);
      const error = await rejection(openFsLog(directory), 'ERR_LOG_LOCKED');
      expect(error.holder).toEqual({ host: undefined, pid: undefined });
      await makeStale(directory);
      await openLog(directory);
    });
  }

  test('old tickets are swept, and names of something else are left alone', async () => {
    const directory = await temporaryDirectory();
    await mkdir(join(directory, 'LOCK'));
    for (const name of ['1.free', '2.free', '3', '4.free', 'mine', '9x']) {
      await writeFile(join(directory, 'LOCK', name), '');
    }
    const log = await openLog(directory);
    expect(await tickets(directory)).toEqual(['5', '9x', 'mine']);
    await log.close();
    expect(await tickets(directory)).toEqual(['5.free', '9x', 'mine']);
    for (let i = 0; i < 20; i++) await (await openLog(directory)).close();
    expect(await tickets(directory)).toHaveLength(3);
  });
});

describe('OPEN-2 of several openers', () => {
  for (const count of [2, 8]) {
    for (const left of ['free', 'dead'] as const) {
      test(`${count} in this process, at a ${left} lock: exactly one wins`, async () => {
        for (let round = 0; round < 5; round++) {
          const directory = await temporaryDirectory();
          if (left === 'free') {
            await (await openLog(directory)).close();
          } else {
            const dead = { host: 'x', pid: 1, nonce: '', bootId: '' };
            await mkdir(join(directory, 'LOCK'));
            await writeFile(join(directory, 'LOCK', '1'), JSON.stringify(dead));
            await makeStale(directory);
          }
          const openings = Array.from({ length: count }, () => openLog(directory));
          const results = await Promise.allSettled(openings);
          const won = results.filter((result) => result.status === 'fulfilled');
          expect(won).toHaveLength(1);
          for (const result of results) {
            if (result.status === 'rejected') expect(result.reason.code).toBe('ERR_LOG_LOCKED');
          }
          await fill((won[0] as (typeof won)[0]).value, 1);
        }
      });
    }
  }
});

describe('OPEN-2 an owner that was suspended', () => {
  test('is taken over, and acknowledges nothing that is lost when it goes on', async () => {
    const directory = await temporaryDirectory();
    const other = new CommandProcess();
    await other.call('open', directory);
    await other.call('fill', 3);
    await other.suspend();
    await rejection(openFsLog(directory), 'ERR_LOG_LOCKED');
    await makeStale(directory);
    const log = await openLog(directory);
    await fill(log, 2);
    const late = [other.run('append', 10), other.run('append', 20)];
    const closing = other.run('close');
    other.signal('SIGCONT');
    for (const answer of await Promise.all(late)) {
      expect(['ERR_LOG_OUTCOME_UNKNOWN', 'ERR_LOG_FENCED']).toContain(answer.error?.code);
    }
    await closing;
    await fill(log, 1);
    expect(await readIds(log)).toEqual(ids(1, 6));
    // The lock is still ours.
    await rejection(openFsLog(directory), 'ERR_LOG_LOCKED');
    await log.close();
    expect(await readIds(await openLog(directory))).toEqual(ids(1, 6));
  });

  for (const step of ['unlink LOCK', 'utimensat LOCK', 'statx LOCK', 'getdents64 LOCK']) {
    test(`while it took the lock, before ${step}: it learns that the log is locked`, async () => {
      const directory = await temporaryDirectory();
      await (await openLog(directory)).close();
      // The tickets are listed once before it has its own, and the one it finds is looked at.
      const nth = step === 'getdents64 LOCK' || step === 'statx LOCK' ? 1 : 0;
      const interruption = { of: step, nth, moment: 'before', signal: 'SIGSTOP' } as const;
      const orders = { directory, options: {}, seed: 0, script: [], interruption };
      const other = new WorkloadWriter(orders);
      await other.suspended();
      await makeStale(directory);
      const log = await openLog(directory);
      await fill(log, 1);
      other.resume();
      expect(await other.end()).toBe('finished');
      const refusal = other.lines.find((line) => line.say === 'refused');
      expect(refusal).toMatchObject({ code: 'ERR_LOG_LOCKED' });
      await fill(log, 1);
    });
  }

  test('in the middle of its work: what it acknowledges is in the log', async () => {
    const directory = await temporaryDirectory();
    for (let round = 0; round < 5; round++) {
      const other = new CommandProcess();
      await other.call('open', directory, { segmentBytes: 4096 });
      const before = (await other.call('readIds')) as number[];
      let acknowledged = before.length;
      const appends = Array.from({ length: 300 }, async () => {
        const { error } = await other.run('append', 100);
        if (error === undefined) acknowledged++;
      });
      await appends[10 + round * 7];
      await other.suspend();
      await makeStale(directory);
      const log = await openLog(directory);
      const found = log.lastId ?? 0;
      await fill(log, 1);
      other.signal('SIGCONT');
      await Promise.all(appends);
      expect(acknowledged).toBeLessThanOrEqual(found);
      await other.kill();
      expect(await readIds(log)).toEqual(ids(1, found + 1));
      await log.close();
    }
  });
});
