import { promises } from 'node:fs';
import { stat } from 'node:fs/promises';
import { nodeDisk, openFsLog } from '@wal/fslog';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openAtOnce, ticketPath, tickets } from './process/tickets.ts';
import { compileForProcesses } from './support/compiled-sources.ts';
import { rejection } from './support/errors.ts';
import { fill, readIds } from './support/records.ts';
import { openLog, temporaryDirectory } from './support/temporary-log.ts';
import { WorkloadModel } from './support/workload.ts';
import { PossibleOutcomes } from './support/workload-outcomes.ts';
import { WorkloadWriter } from './support/workload-writer.ts';

compileForProcesses();

const HOUR_MS = 3_600_000;

describe('OPEN-2 clocks that are an hour apart', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  /** A writer with a clock of its own, which holds the log and has appended a record. */
  async function holder(directory: string, clockAheadMs: number): Promise<WorkloadWriter> {
    const script = [
      [{ call: 'append', seed: 1, sizes: [10] }],
      [{ call: 'pause', ms: 60_000 }],
    ] as const;
    const writer = new WorkloadWriter({ directory, options: {}, seed: 0, script, clockAheadMs });
    await writer.said(4);
    expect(writer.lines.at(-1)?.say).toBe('end');
    return writer;
  }

  for (const [whose, holderAheadMs, openerAheadMs] of [
    ["the holder's is ahead", HOUR_MS, 0],
    ["the holder's is behind", -HOUR_MS, 0],
    ["the opener's is ahead", 0, HOUR_MS],
    ["the opener's is behind", 0, -HOUR_MS],
  ] as const) {
    test(`${whose}: a live one is not taken over, a dead one is, at once`, async () => {
      const directory = await temporaryDirectory();
      const writer = await holder(directory, holderAheadMs);
      // A heartbeat is set to the time that the process knows.
      const { mtimeMs } = await stat(await ticketPath(directory));
      expect(Math.abs(mtimeMs - Date.now() - holderAheadMs)).toBeLessThan(HOUR_MS / 2);
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + openerAheadMs });
      const error = await rejection(openFsLog(directory), 'ERR_LOG_LOCKED');
      expect(error.holder?.pid).toBe(writer.pid);
      await writer.kill();
      const log = await openAtOnce(directory);
      expect(log.lastId).toBe(1);
      await fill(log, 1);
      vi.useRealTimers();
      await rejection(openFsLog(directory), 'ERR_LOG_LOCKED');
      await log.close();
    });
  }

  test('a suspended one that looks fresh is left alone until it is dead', async () => {
    const directory = await temporaryDirectory();
    const writer = await holder(directory, HOUR_MS);
    await writer.suspend();
    await rejection(openFsLog(directory), 'ERR_LOG_LOCKED');
    await writer.kill();
    expect((await openAtOnce(directory)).lastId).toBe(1);
  });

  test('a suspended one that looks stale is taken over, and acknowledges nothing more', async () => {
    const directory = await temporaryDirectory();
    const writer = new WorkloadWriter({
      directory,
      options: {},
      seed: 1,
      clockAheadMs: -HOUR_MS,
    });
    await writer.said(20);
    await writer.suspend();
    const log = await openLog(directory);
    const found = await readIds(log);
    const before = writer.lines.length;
    writer.resume();
    expect(await writer.end()).toBe('finished');
    const outcomes = new PossibleOutcomes(new WorkloadModel(1, []));
    outcomes.follow(writer.lines);
    await outcomes.found(log, 'taken over');
    expect(writer.lines.slice(before).some(({ say }) => say === 'failed')).toBe(true);
    expect(await readIds(log)).toEqual(found);
    await fill(log, 1);
  });
});

describe('the heartbeat', () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  /** Lets time pass until a ticket was made fresh so many times: each beat is set by the one before. */
  async function beats(path: string, count: number): Promise<void> {
    for (let beat = 0; beat < count; beat++) {
      const { mtimeMs } = await stat(path);
      while ((await stat(path)).mtimeMs === mtimeMs) {
        await vi.advanceTimersByTimeAsync(6000);
        await new Promise(setImmediate);
      }
    }
  }

  for (const [way, jumpMs] of [
    ['forward', HOUR_MS],
    ['back', -HOUR_MS],
  ] as const) {
    test(`goes on when the clock jumps an hour ${way}`, async () => {
      const directory = await temporaryDirectory();
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: Date.now() });
      let isLost = false;
      const held = await nodeDisk.lock(directory, () => {
        isLost = true;
      });
      vi.setSystemTime(Date.now() + jumpMs);
      const path = await ticketPath(directory);
      await beats(path, 2);
      // It is set by the new time.
      expect(Math.abs((await stat(path)).mtimeMs - Date.now())).toBeLessThan(HOUR_MS / 2);
      expect(isLost).toBe(false);
      vi.useRealTimers();
      await held.release();
      expect((await tickets(directory)).every((name) => name.endsWith('.free'))).toBe(true);
    });
  }

  test('goes on after another opener in this process came too late', async () => {
    const directory = await temporaryDirectory();
    await (await nodeDisk.lock(directory, () => undefined)).release();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const held = await nodeDisk.lock(directory, () => undefined);
    const path = await ticketPath(directory);
    // It reads tickets that were swept since, creates a lower one, and has to give that back.
    vi.spyOn(promises, 'readdir').mockImplementationOnce(async () => [] as never);
    await rejection(
      nodeDisk.lock(directory, () => undefined),
      'ERR_LOG_LOCKED',
    );
    await beats(path, 2);
    vi.useRealTimers();
    await held.release();
    expect((await tickets(directory)).every((name) => name.endsWith('.free'))).toBe(true);
  });
});
