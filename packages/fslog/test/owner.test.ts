import { cp, mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type FsLog, openFsLog } from '@wal/fslog';
import { describe, expect, onTestFinished, test } from 'vitest';
import { mutatedFsLog } from './crash/mutated-fs-log.ts';
import { rejection } from './support/errors.ts';
import { fill, readAll, recordsOf } from './support/records.ts';
import { stolenLock } from './support/stolen-lock.ts';
import { openLog, segmentFiles, temporaryDirectory } from './support/temporary-log.ts';
import { Gate, systemError, WatchedDisk } from './support/watched-disk.ts';

/** A disk whose lock everybody gets, as if the one before had lost it by being stalled. */
function unlocked(): WatchedDisk {
  const disk = new WatchedDisk();
  disk.lock = stolenLock;
  return disk;
}

/** What a process that was killed has left of an opening, at the call that `isLast` says. */
async function dieWhileOpening(
  directory: string,
  isLast: (name: string, operation: string) => boolean,
  lock: WatchedDisk['lock'] = stolenLock,
): Promise<void> {
  const disk = new WatchedDisk();
  disk.lock = lock;
  const gate = new Gate();
  disk.before = async ({ operation, name }) => {
    if (isLast(name, operation)) {
      void gate.pass();
      await new Promise(() => undefined);
    }
  };
  void openFsLog(directory, { disk }).catch(() => undefined);
  await gate.reached;
}

async function isNoOwner(log: FsLog): Promise<void> {
  await rejection(log.append(new Uint8Array(1)), 'ERR_LOG_OUTCOME_UNKNOWN');
  await rejection(log.append(new Uint8Array(1)), 'ERR_LOG_FENCED');
}

describe('OPEN-2 an owner that was overtaken acknowledges nothing', () => {
  test('by an opener that was killed before it had swept, and that hands its file on', async () => {
    const directory = await temporaryDirectory();
    const stalled = await openLog(directory, { disk: unlocked() });
    await fill(stalled, 3);
    const sweeping = (name: string, operation: string): boolean =>
      operation === 'remove' && name === 'META' && swept++ > 0;
    let swept = 0;
    const id = '0000000a00000001';
    const lock = async () => ({ id, isGone: () => false, release: async () => undefined });
    await dieWhileOpening(directory, sweeping, lock);
    const next = new WatchedDisk();
    // It is proven gone, the stalled owner is not.
    next.lock = async () => ({
      id: '0000000a00000002',
      isGone: (other) => other === id,
      release: async () => undefined,
    });
    const log = await openLog(directory, { disk: next });
    await isNoOwner(stalled);
    await fill(log, 1);
    expect(await readAll(log)).toEqual(recordsOf(1, 4));
  });

  test('by an opener that died once it had taken its name away', async () => {
    const directory = await temporaryDirectory();
    const stalled = await openLog(directory, { disk: unlocked() });
    await fill(stalled, 3);
    const last = (name: string, operation: string): boolean =>
      operation === 'write' && name === 'META.new' && writes++ >= 2;
    let writes = 0;
    await dieWhileOpening(directory, last);
    expect((await readdir(join(directory, 'META'))).some((name) => name.endsWith('.fenced'))).toBe(
      true,
    );
    const reader = await openLog(directory, { readOnly: true });
    expect(reader.firstId).toBe(1);
    await isNoOwner(stalled);
    const log = await openLog(directory, { disk: unlocked() });
    expect((await readAll(log)).slice(0, 3)).toEqual(recordsOf(1, 3));
  });

  test('by one whose name an opener takes who comes too late', async () => {
    const directory = await temporaryDirectory();
    const first = await openLog(directory, { disk: unlocked() });
    await fill(first, 1);
    const disk = unlocked();
    const gate = new Gate();
    disk.before = async ({ operation, name }) => {
      // About to take the name of the next epoch.
      if (operation === 'link' && name === 'META' && links++ > 0) await gate.pass();
    };
    let links = 0;
    const late = openFsLog(directory, { disk }).catch((error: { code: string }) => error.code);
    await gate.reached;
    const second = await openLog(directory, { disk: unlocked() });
    await fill(second, 1);
    const third = await openLog(directory, { disk: unlocked() });
    gate.open();
    expect(await late).toBe('ERR_LOG_LOCKED');
    await isNoOwner(second);
    await fill(third, 1);
    expect(await readAll(third)).toEqual(recordsOf(1, 3));
  });
});

describe('a log whose directory is not where it was', () => {
  async function isLost(log: FsLog): Promise<void> {
    await rejection(log.trim(1), 'ERR_LOG_FAILED');
    await rejection(log.append(new Uint8Array(1)), 'ERR_LOG_FAILED');
  }

  /** A log that was removed while it was open, and another one in its place. */
  async function replaced(open: typeof openFsLog): Promise<{ old: FsLog; log: FsLog }> {
    const directory = await temporaryDirectory();
    const old = await open(directory);
    await fill(old, 5);
    await rm(directory, { recursive: true });
    await mkdir(directory);
    const log = await openLog(directory);
    await fill(log, 7);
    return { old, log };
  }

  test('which the name alone would not tell: a log that goes by it is convicted', async () => {
    const sources = await mutatedFsLog();
    onTestFinished(() => sources.remove());
    // Whatever has the name of an owner makes it one.
    const { openFsLog: open } = await sources.load([
      {
        file: 'meta/meta-file.ts',
        from: '(await this.#disk.identify(name)) === this.#identity',
        to: '(await this.#disk.identify(name)) !== undefined',
      },
    ]);
    const { old } = await replaced(open);
    expect(await old.append(new Uint8Array(1))).toEqual({ firstId: 6, lastId: 6 });
    await old.close();
  });

  test('removed, with another log in its place: the old handle does nothing to that', async () => {
    const { old, log } = await replaced(openFsLog);
    await isLost(old);
    await old.close().catch(() => undefined);
    await fill(log, 1);
    expect(await readAll(log)).toEqual(recordsOf(1, 8));
  });

  test('moved away', async () => {
    const parent = await temporaryDirectory();
    const log = await openLog(join(parent, 'log'));
    await fill(log, 5);
    await rename(join(parent, 'log'), join(parent, 'moved'));
    await isLost(log);
    await log.close().catch(() => undefined);
    // Its ticket went along, and the process that it names still runs.
    const moved = await openLog(join(parent, 'moved'), { disk: unlocked() });
    // The trim that failed may be done.
    expect((await readAll(moved)).slice(-4)).toEqual(recordsOf(2, 5));
  });

  test('behind a symbolic link that points to a copy now: nothing is acknowledged beside it', async () => {
    const parent = await temporaryDirectory();
    await mkdir(join(parent, 'a'));
    await symlink('a', join(parent, 'current'));
    const log = await openLog(join(parent, 'current', 'log'), { preallocate: false });
    await fill(log, 3);
    await cp(join(parent, 'a'), join(parent, 'b'), { recursive: true });
    await rm(join(parent, 'current'));
    await symlink('b', join(parent, 'current'));
    await rejection(log.append(new Uint8Array(1)), 'ERR_LOG_OUTCOME_UNKNOWN');
    await rejection(log.roll(), 'ERR_LOG_FAILED');
    await log.close().catch(() => undefined);
    expect(await segmentFiles(join(parent, 'b', 'log'))).toHaveLength(1);
  });
});

describe('a log that another process is creating', () => {
  for (const readOnly of [false, true]) {
    test(`is not corrupt, though there are segments where META was not yet, readOnly: ${readOnly}`, async () => {
      const directory = await temporaryDirectory();
      const disk = new WatchedDisk();
      const gate = new Gate();
      disk.before = async ({ operation, name }) => {
        if (operation === 'list' && name === basename(directory)) await gate.pass();
      };
      const second = openFsLog(directory, { disk, readOnly }).then(
        (log) => log.close().then(() => 'opened'),
        (error: { code: string }) => error.code,
      );
      await gate.reached;
      const first = await openLog(directory);
      await fill(first, 1);
      gate.open();
      expect(await second).toBe(readOnly ? 'opened' : 'ERR_LOG_LOCKED');
    });
  }
});

test('APPEND-8 a look at the owner that fails leaves the outcome unknown', async () => {
  const disk = new WatchedDisk();
  const log = await openLog(await temporaryDirectory(), { disk });
  await fill(log, 1);
  disk.before = ({ operation }) => {
    if (operation === 'identify') throw systemError('EIO', -5);
  };
  await rejection(log.append(new Uint8Array(1)), 'ERR_LOG_OUTCOME_UNKNOWN');
  await rejection(log.append(new Uint8Array(1)), 'ERR_LOG_FAILED');
});
