import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isLogError } from '@wal/core';
import { nodeDisk, openFsLog } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import { fill, ids, readIds } from './support/records.ts';
import { stolenLock } from './support/stolen-lock.ts';
import { openLog, temporaryDirectory } from './support/temporary-log.ts';
import { Gate, systemError, WatchedDisk } from './support/watched-disk.ts';

/** A disk whose lock everybody gets, as if the one before had lost it by being stalled. */
function unlocked(): WatchedDisk {
  const disk = new WatchedDisk();
  disk.lock = stolenLock;
  return disk;
}

describe('OPEN-2 an opener that was stalled at any step while another took over, and went on', () => {
  for (const wasClosed of [true, false]) {
    test(`is told that the log is locked, or takes it over in turn, wasClosed: ${wasClosed}`, async () => {
      const codes = new Set<string>();
      let steps = 1;
      for (let step = 0; step < steps; step++) {
        const directory = await temporaryDirectory();
        const old = await openLog(directory, { disk: unlocked(), preallocate: false });
        await fill(old, 5);
        if (wasClosed) await old.close();
        const disk = unlocked();
        const gate = new Gate();
        let calls = 0;
        disk.before = async () => {
          if (calls++ === step) await gate.pass();
        };
        const stalled = openFsLog(directory, { disk, preallocate: false });
        await Promise.race([gate.reached, stalled.catch(() => undefined)]);
        const other = await openLog(directory, { disk: unlocked(), preallocate: false });
        await fill(other, 2);
        await other.roll();
        await fill(other, 2);
        gate.open();
        try {
          await (await stalled).close().catch(() => undefined);
          codes.add('opened');
        } catch (error) {
          codes.add(isLogError(error) ? error.code : String(error));
        }
        await other.close().catch(() => undefined);
        steps = Math.max(steps, calls);
        const again = await openLog(directory, { disk: unlocked() });
        expect(await readIds(again), `step ${step}`).toEqual(ids(1, 9));
        await again.close();
      }
      expect(steps).toBeGreaterThan(20);
      expect([...codes].sort()).toEqual(['ERR_LOG_LOCKED', 'opened']);
    });
  }
});

test('OPEN-2 without LOCK nothing says that a stalled owner is gone, whatever the numbers of tickets', async () => {
  const directory = await temporaryDirectory();
  const disk = new WatchedDisk();
  const stalled = await openLog(directory, { disk });
  await fill(stalled, 10);
  const gate = new Gate();
  let isHeld = false;
  disk.before = async ({ operation, name }) => {
    if (isHeld || operation !== 'write' || name !== 'META') return;
    isHeld = true;
    await gate.pass();
  };
  const truncated = stalled.truncate(2).catch(() => undefined);
  await gate.reached;
  await rm(join(directory, 'LOCK'), { recursive: true });
  // An opening that comes to nothing; with it, the numbers of the tickets have passed the stalled owner's.
  await (await nodeDisk.lock(directory, () => undefined)).release();
  const log = await openLog(directory);
  await fill(log, 5);
  gate.open();
  await truncated;
  await stalled.close().catch(() => undefined);
  // As if all were killed now.
  const copy = await temporaryDirectory();
  await cp(directory, copy, { recursive: true, filter: (name) => !name.includes('LOCK') });
  expect(await readIds(await openLog(copy))).toEqual(ids(1, 15));
});

test("READ-2 a reader's list of segments is looked up again where the writer has moved on", async () => {
  const directory = await temporaryDirectory();
  const writer = await openLog(directory, { preallocate: false });
  await fill(writer, 10);
  await writer.roll();
  await fill(writer, 10);
  const disk = new WatchedDisk();
  const reader = await openLog(directory, { readOnly: true, disk });
  const gate = new Gate();
  disk.before = async ({ operation, name }) => {
    if (operation === 'list' && name !== 'META') await gate.pass();
  };
  const list = reader.listSegments();
  await gate.reached;
  await writer.truncate(5);
  await fill(writer, 1);
  await writer.close();
  gate.open();
  expect((await list).map(({ firstId }) => firstId)).toEqual([1, 6]);
});

test('APPEND-1 an append needs no descriptor', async () => {
  const disk = new WatchedDisk();
  const log = await openLog(await temporaryDirectory(), { disk });
  await fill(log, 1);
  disk.before = ({ operation }) => {
    if (['open', 'create', 'list'].includes(operation)) throw systemError('EMFILE', -24);
  };
  await fill(log, 5);
  await log.sync();
  expect(log.lastId).toBe(6);
});
