import { readFile } from 'node:fs/promises';
import { openFsLog } from '@wal/fslog';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { keepFresh, leaveTicket, makeStale, ticketPath } from './process/tickets.ts';
import { CommandProcess } from './support/child-process.ts';
import { compileForProcesses } from './support/compiled-sources.ts';
import { rejection } from './support/errors.ts';
import { fill, ids, readIds } from './support/records.ts';
import { openLog, temporaryDirectory } from './support/temporary-log.ts';

compileForProcesses();

/** Leaves a log whose owner was killed just now, having written one record. */
async function leaveKilled(directory: string): Promise<void> {
  const dying = new CommandProcess();
  await dying.call('open', directory);
  await dying.call('fill', 1);
  await dying.kill();
  await keepFresh(directory);
}

/** Leaves a log whose owner cannot be seen and was last heard of an hour ago, having written one record. */
async function leaveStale(directory: string): Promise<void> {
  const log = await openLog(directory);
  const owner = JSON.parse(await readFile(await ticketPath(directory), 'utf8')) as object;
  await fill(log, 1);
  await log.close();
  await leaveTicket(directory, { ...owner, pidNamespace: 'elsewhere' });
  await makeStale(directory);
}

describe('OPEN-2 an opener waits for nothing: it is answered where no time passes', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  for (const [left, leave] of [
    ['was killed', leaveKilled],
    ['is stale', leaveStale],
  ] as const) {
    test(`whose log's owner ${left}`, async () => {
      const directory = await temporaryDirectory();
      await leave(directory);
      const log = await openFsLog(directory);
      expect(await readIds(log)).toEqual([1]);
      await log.close();
    });
  }

  test("whose log's owner is there", async () => {
    const directory = await temporaryDirectory();
    const owner = new CommandProcess();
    await owner.call('open', directory);
    const error = await rejection(openFsLog(directory), 'ERR_LOG_LOCKED');
    expect(error.holder?.pid).toBe(owner.pid);
  });
});

describe('OPEN-2 of several processes that race for a lock', () => {
  /** Lets all of them open the log at once. Gives the one that wins. */
  async function race(
    openers: readonly CommandProcess[],
    directory: string,
  ): Promise<CommandProcess> {
    const answers = await Promise.all(openers.map((opener) => opener.run('open', directory)));
    const winners = openers.filter((_, i) => answers[i]?.error === undefined);
    expect(winners).toHaveLength(1);
    for (const { error } of answers) if (error) expect(error.code).toBe('ERR_LOG_LOCKED');
    return winners[0] as CommandProcess;
  }

  const RACERS = 6;

  for (const [left, leave, rounds] of [
    ['that was killed', leaveKilled, 10],
    ['whose heartbeat is stale', leaveStale, 30],
  ] as const) {
    test(`${RACERS} processes at the lock of one ${left}, ${rounds} times: exactly one wins`, async () => {
      const directory = await temporaryDirectory();
      const openers = Array.from({ length: RACERS }, () => new CommandProcess());
      // All are there before the race begins.
      await Promise.all(openers.map((opener) => opener.call('block', 0)));
      const wins = new Map<number, number>();
      for (let round = 0; round < rounds; round++) {
        await leave(directory);
        const winner = await race(openers, directory);
        wins.set(winner.pid, (wins.get(winner.pid) ?? 0) + 1);
        await winner.call('fill', 1);
        await winner.call('close');
      }
      console.info(`${rounds} races of ${RACERS}: ${wins.size} of them have won`);
      expect(await readIds(await openLog(directory))).toEqual(ids(1, 2 * rounds));
    });
  }
});
