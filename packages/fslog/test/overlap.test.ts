import { basename, dirname, join } from 'node:path';
import { type Disk, isLogError } from '@wal/core';
import { nodeDisk, openFsLog } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import { rejection } from './support/errors.ts';
import { fill, ids, readIds } from './support/records.ts';
import { stolenLock } from './support/stolen-lock.ts';
import { openLog, temporaryDirectory } from './support/temporary-log.ts';
import { unsyncedDisk } from './support/unsynced-disk.ts';
import { Gate, WatchedDisk } from './support/watched-disk.ts';

async function segmentedLog(segments: number): Promise<string> {
  const directory = await temporaryDirectory();
  const log = await openLog(directory);
  for (let i = 0; i < segments; i++) {
    await fill(log, 1);
    await log.roll();
  }
  await log.close();
  return directory;
}

describe('CLOSE-1', () => {
  for (const readOnly of [false, true]) {
    test(`close does not hang on reads under way, readOnly: ${readOnly}`, async () => {
      const directory = await segmentedLog(5);
      for (let turns = 0; turns < 40; turns++) {
        const log = await openLog(directory, { readOnly });
        const reads = [log.get(2), log.get(4), log.iterator().next()];
        const settled = Promise.allSettled(reads);
        for (let i = 0; i < turns; i++) await undefined;
        await log.close();
        for (const result of await settled) {
          if (result.status === 'rejected')
            expect(isLogError(result.reason, 'ERR_LOG_CLOSED')).toBe(true);
        }
      }
    });
  }
});

/** Waits until no more than `count` calls are under way, for some turns: until nothing else is going to happen. */
async function untilUnderWay(disk: WatchedDisk, failed: number, count: number): Promise<void> {
  for (let turns = 0; turns < 20; turns++) {
    await new Promise(setImmediate);
    if (disk.calls.length - disk.done.length - failed > count) turns = 0;
  }
}

for (const readOnly of [false, true]) {
  test(`CLOSE-1 close waits for a directory that is being listed, readOnly: ${readOnly}`, async () => {
    const directory = await segmentedLog(5);
    // Whatever closing does can be watched, the lock's end too.
    const disk = new WatchedDisk({ ...unsyncedDisk, lock: stolenLock });
    const log = await openLog(directory, { disk, readOnly });
    const failed = disk.calls.length - disk.done.length;
    const gate = new Gate();
    disk.before = async ({ operation, name }) => {
      if (operation === 'list' && name === basename(directory)) await gate.pass();
    };
    const read = log.get(1).catch(() => undefined);
    await gate.reached;
    let isClosed = false;
    const closing = log.close().then(() => {
      isClosed = true;
    });
    await untilUnderWay(disk, failed, 1);
    expect(isClosed).toBe(false);
    gate.open();
    await Promise.all([closing, read]);
    const { length } = disk.calls;
    await new Promise(setImmediate);
    expect(disk.calls).toHaveLength(length);
    expect(disk.openFiles).toBe(0);
  });
}

test('READ-2 more segments at once than are kept open: each read gets its turn', async () => {
  const directory = await segmentedLog(200);
  let open = 0;
  let most = 0;
  const disk: Disk = {
    ...unsyncedDisk,
    async open(path, mode) {
      const file = await unsyncedDisk.open(path, mode);
      most = Math.max(most, ++open);
      return {
        read: (buffer, position) => file.read(buffer, position),
        write: (buffer, position) => file.write(buffer, position),
        sync: () => file.sync(),
        truncate: (size) => file.truncate(size),
        size: () => file.size(),
        identify: () => file.identify(),
        close: () => {
          open--;
          return file.close();
        },
      };
    },
  };
  const log = await openLog(directory, { disk });
  const records = await Promise.all(ids(1, 200).map((id) => log.get(id)));
  expect(records.map(({ id }) => id)).toEqual(ids(1, 200));
  expect(most).toBeLessThan(70);
  await log.close();
  expect(open).toBe(0);
});

describe('a reader beside a writer', () => {
  test('TRUNCATE-4, TRIM-3 what is gone is not read again, though nothing was read past the end', async () => {
    const directory = await temporaryDirectory();
    const writer = await openLog(directory);
    await fill(writer, 9);
    await writer.sync();
    const reader = await openLog(directory, { readOnly: true });
    await writer.truncate(5);
    await writer.append(Buffer.from('another six'));
    await writer.append(Buffer.from('seven, so that six is known to be durable'));
    await writer.trim(3);
    expect(Buffer.from((await reader.get(6)).data).toString()).toBe('another six');
    await rejection(reader.get(9), 'ERR_LOG_NOT_FOUND');
    await rejection(reader.get(2), 'ERR_LOG_TRIMMED');
    const again = await openLog(directory, { readOnly: true });
    await writer.trim(4);
    expect((await readIds(again))[0]).toBe(5);
  });
});

test('OPEN-2 a creator that was stalled does not replace the log that another has created meanwhile', async () => {
  const directory = await temporaryDirectory();
  let stalled: () => void = () => undefined;
  let resume: () => void = () => undefined;
  const isStalled = new Promise<void>((resolve) => {
    stalled = resolve;
  });
  const mayGoOn = new Promise<void>((resolve) => {
    resume = resolve;
  });
  const slow: Disk = {
    ...nodeDisk,
    lock: stolenLock,
    async link(from, to) {
      if (dirname(to) === join(directory, 'META')) {
        stalled();
        await mayGoOn;
      }
      await nodeDisk.link(from, to);
    },
  };
  const first = openFsLog(directory, { disk: slow });
  first.catch(() => undefined);
  await isStalled;
  const second = await openFsLog(directory, { disk: { ...nodeDisk, lock: stolenLock } });
  await fill(second, 3);
  resume();
  const late = await first;
  expect(await readIds(late)).toEqual(ids(1, 3));
  await rejection(second.append(Buffer.from('lost')), 'ERR_LOG_OUTCOME_UNKNOWN');
  await second.close();
  await late.close();
  const log = await openLog(directory);
  expect((await readIds(log)).slice(0, 3)).toEqual(ids(1, 3));
});

test('ORDER-2 a truncate that fails is told before the appends behind it', async () => {
  let isFull = false;
  const disk: Disk = {
    ...unsyncedDisk,
    create: (path) =>
      isFull
        ? Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }))
        : unsyncedDisk.create(path),
  };
  const log = await openLog(await temporaryDirectory(), { disk });
  await fill(log, 5);
  isFull = true;
  const told: string[] = [];
  const tell = (what: string) => (error: unknown) => {
    told.push(`${what} ${isLogError(error, 'ERR_LOG_NO_SPACE')}`);
  };
  await Promise.all([
    log.truncate(2).catch(tell('truncate')),
    log.append(new Uint8Array(1)).catch(tell('append')),
    log.append([]).catch(tell('nothing')),
  ]);
  expect(told).toEqual(['truncate true', 'append true', 'nothing true']);
  expect([log.lastId, log.nextId]).toEqual([5, 6]);
});
