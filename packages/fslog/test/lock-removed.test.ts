import { promises } from 'node:fs';
import { mkdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { type DiskLock, isLogError } from '@wal/core';
import { nodeDisk, openFsLog } from '@wal/fslog';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ticketPath, tickets } from './process/tickets.ts';
import { CommandProcess } from './support/child-process.ts';
import { compileForProcesses } from './support/compiled-sources.ts';
import { rejection } from './support/errors.ts';
import { fill, ids, readIds } from './support/records.ts';
import { openLog, temporaryDirectory } from './support/temporary-log.ts';
import { Gate, inputOutputError } from './support/watched-disk.ts';

compileForProcesses();

const removeLock = (directory: string): Promise<void> =>
  rm(join(directory, 'LOCK'), { recursive: true });

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Not the clock: while the system takes its time, ever more of it would pass, and the lock be given up. */
function fakeTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
}

/** Lets time pass until `isOver`, a heartbeat at a time. */
async function pass(isOver: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isOver())) {
    await vi.advanceTimersByTimeAsync(6000);
    await new Promise(setImmediate);
  }
}

/** Lets time pass until a ticket has been made fresh. */
async function beat(path: string): Promise<void> {
  const { mtimeMs } = await stat(path);
  await pass(async () => (await stat(path)).mtimeMs !== mtimeMs);
}

describe('OPEN-2 after LOCK was removed by hand, a ticket of the same number', () => {
  test("is another process's: the first owner's close does not free it", async () => {
    const directory = await temporaryDirectory();
    const first = await openLog(directory);
    await fill(first, 1);
    await removeLock(directory);
    const second = new CommandProcess();
    await second.call('open', directory);
    expect(await tickets(directory)).toEqual(['1']);
    await first.close().catch(() => undefined);
    expect(await tickets(directory)).toEqual(['1']);
    const error = await rejection(openFsLog(directory), 'ERR_LOG_LOCKED');
    expect(error.holder?.pid).toBe(second.pid);
    await second.call('fill', 1);
    await second.call('close');
    expect(await readIds(await openLog(directory))).toEqual(ids(1, 2));
  });

  test("is another handle's of a new log: a late close of the first does not free it", async () => {
    const directory = join(await temporaryDirectory(), 'log');
    const first = await openLog(directory);
    await rm(directory, { recursive: true });
    const second = await openLog(directory);
    await first.close().catch(() => undefined);
    await rejection(openFsLog(directory), 'ERR_LOG_LOCKED');
    await fill(second, 1);
    await second.close();
    expect(await tickets(directory)).toEqual(['1.free']);
  });

  test('goes on to be kept fresh after the first was given back', async () => {
    const directory = await temporaryDirectory();
    fakeTimers();
    const first = await nodeDisk.lock(directory, () => undefined);
    await removeLock(directory);
    const second = await nodeDisk.lock(directory, () => undefined);
    await first.release();
    const path = await ticketPath(directory);
    await beat(path);
    await beat(path);
    await second.release();
  });

  test('made in the same second: the first owner learns that it has lost its own', async () => {
    const directory = await temporaryDirectory();
    fakeTimers();
    const lost: string[] = [];
    const first = await nodeDisk.lock(directory, () => lost.push('first'));
    const { mtime } = await stat(await ticketPath(directory));
    await removeLock(directory);
    const second = await nodeDisk.lock(directory, () => lost.push('second'));
    await utimes(await ticketPath(directory), mtime, mtime);
    await pass(() => lost.length > 0);
    await beat(await ticketPath(directory));
    expect(lost).toEqual(['first']);
    await first.release();
    expect(await tickets(directory)).toEqual(['1']);
    await second.release();
    expect(await tickets(directory)).toEqual(['1.free']);
  });

  test('is not given to an opener whose own went with LOCK before it looked', async () => {
    const directory = await temporaryDirectory();
    const list = promises.readdir;
    let calls = 0;
    vi.spyOn(promises, 'readdir').mockImplementation((async (path: string) => {
      // The second look of an opener is whether its ticket is the highest.
      if (++calls === 2) {
        await removeLock(directory);
        await mkdir(join(directory, 'LOCK'));
      }
      return await list(path);
    }) as never);
    const held = await nodeDisk.lock(directory, () => undefined);
    vi.restoreAllMocks();
    expect(await tickets(directory)).toEqual(['1']);
    await held.release();
    expect(await tickets(directory)).toEqual(['1.free']);
  });
});

describe('a heartbeat', () => {
  /** A lock whose heartbeat has come to a look at its ticket, which takes its time. */
  async function held(directory: string, onLost: () => void): Promise<[DiskLock, Gate]> {
    fakeTimers();
    const lock = await nodeDisk.lock(directory, onLost);
    const gate = new Gate();
    let isReached = false;
    void gate.reached.then(() => {
      isReached = true;
    });
    vi.spyOn(promises, 'stat').mockImplementationOnce(async () => {
      await gate.pass();
      throw inputOutputError();
    });
    await pass(() => isReached);
    return [lock, gate];
  }

  test("that fails after the lock was released is nobody's concern", async () => {
    const directory = await temporaryDirectory();
    const uncaught: unknown[] = [];
    const note = (error: unknown) => uncaught.push(error);
    // The other listeners are those of the test runner, which would fail for it as well.
    process.prependListener('uncaughtException', note);
    process.prependListener('unhandledRejection', note);
    let isLost = false;
    const [lock, gate] = await held(directory, () => {
      isLost = true;
    });
    await lock.release();
    expect(await tickets(directory)).toEqual(['1.free']);
    gate.open();
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    process.off('uncaughtException', note);
    process.off('unhandledRejection', note);
    expect(uncaught).toEqual([]);
    expect(isLost).toBe(false);
  });

  test('that fails while the lock is held is tried again', async () => {
    const directory = await temporaryDirectory();
    let isLost = false;
    const [lock, gate] = await held(directory, () => {
      isLost = true;
    });
    gate.open();
    await beat(await ticketPath(directory));
    expect(isLost).toBe(false);
    await lock.release();
    expect(await tickets(directory)).toEqual(['1.free']);
  });

  test('that was disturbed ends the lock, and the ticket is given back all the same', async () => {
    const directory = await temporaryDirectory();
    fakeTimers();
    let isLost = false;
    const lock = await nodeDisk.lock(directory, () => {
      isLost = true;
    });
    await utimes(await ticketPath(directory), 1, 1);
    await pass(() => isLost);
    await rejection(
      nodeDisk.lock(directory, () => undefined),
      'ERR_LOG_LOCKED',
    );
    await lock.release();
    expect(await tickets(directory)).toEqual(['1.free']);
    // A second time it gives back nothing, whoever has the number now.
    await removeLock(directory);
    const next = await nodeDisk.lock(directory, () => undefined);
    await lock.release();
    expect(await tickets(directory)).toEqual(['1']);
    await next.release();
  });
});

test('a lock that is released leaves no descriptor open, nor does one that is refused', async () => {
  const directory = await temporaryDirectory();
  const open = async (): Promise<number> => {
    const descriptors = await promises.readdir('/proc/self/fd');
    const paths = descriptors.map((each) => promises.readlink(`/proc/self/fd/${each}`));
    // That of the listing itself is closed by now.
    const settled = await Promise.allSettled(paths);
    return settled.filter((each) => 'value' in each && each.value.startsWith(directory)).length;
  };
  for (let i = 0; i < 5; i++) {
    const lock = await nodeDisk.lock(directory, () => undefined);
    const refused = await nodeDisk.lock(directory, () => undefined).catch((error) => error);
    expect(isLogError(refused, 'ERR_LOG_LOCKED')).toBe(true);
    expect(await open()).toBe(1);
    await lock.release();
    expect(await open()).toBe(0);
  }
});
