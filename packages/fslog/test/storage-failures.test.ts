import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { rejection } from './support/errors.ts';
import { readSegment } from './support/log-files.ts';
import { content, fill, ids, readAll, readIds, recordOf, recordsOf } from './support/records.ts';
import { openLog, segmentFiles, temporaryDirectory } from './support/temporary-log.ts';
import {
  type DiskCall,
  Gate,
  inputOutputError,
  isBatchWrite,
  isMark,
  isSegment,
  noSpaceLeft,
  quotaExceeded,
  WatchedDisk,
} from './support/watched-disk.ts';

const isSegmentSync = (call: DiskCall): boolean => call.operation === 'sync' && isSegment(call);

async function filledLog(options = {}) {
  const directory = await temporaryDirectory();
  const disk = new WatchedDisk();
  const log = await openLog(directory, { disk, preallocate: false, ...options });
  await fill(log, 3);
  return { directory, disk, log };
}

describe('a failed sync', () => {
  test('APPEND-8 poisons: unknown for its group, failed for all that come later', async () => {
    const { directory, disk, log } = await filledLog();
    const gate = new Gate();
    disk.before = async (call) => {
      if (!isSegmentSync(call)) return;
      await gate.pass();
      throw inputOutputError();
    };
    const group = [log.append(recordOf(4)), log.append(recordOf(5))];
    await gate.reached;
    const behind = log.append(recordOf(6));
    const truncating = log.truncate(2);
    gate.open();
    for (const [i, append] of group.entries()) {
      const error = await rejection(append, 'ERR_LOG_OUTCOME_UNKNOWN');
      expect(error.firstId).toBe(4 + i);
      expect(error.message).toContain(`record ${4 + i}`);
      expect(error.cause).toMatchObject({ code: 'EIO' });
    }
    await rejection(behind, 'ERR_LOG_FAILED');
    await rejection(truncating, 'ERR_LOG_FAILED');
    disk.before = undefined;
    for (const call of [
      () => log.append(recordOf(4)),
      () => log.truncate(1),
      () => log.trim(1),
      () => log.roll(),
      () => log.sync(),
    ]) {
      const error = await rejection(call(), 'ERR_LOG_FAILED');
      expect(error.cause).toMatchObject({ code: 'EIO' });
    }
    expect(await readAll(log)).toEqual(recordsOf(1, 3));
    expect(await log.get(2)).toEqual(recordOf(2));
    const syncs = disk.calls.filter(isSegmentSync).length;
    await log.close();
    // Never a second try: it might succeed, and mean nothing.
    expect(disk.calls.filter(isSegmentSync)).toHaveLength(syncs);
    const again = await openLog(directory);
    const found = await readIds(again);
    expect([ids(1, 3), ids(1, 5)]).toContainEqual(found);
    await fill(again, 1);
    expect(await readIds(again)).toEqual([...found, found.length + 1]);
  });

  test('ends what is queued behind it, though the disk is well again', async () => {
    const { directory, disk, log } = await filledLog();
    const gate = new Gate();
    disk.before = async (call) => {
      if (!isSegmentSync(call)) return;
      disk.before = undefined;
      await gate.pass();
      throw inputOutputError();
    };
    const append = log.append(recordOf(4));
    await gate.reached;
    const behind = [log.truncate(2), log.trim(1), log.roll(), log.sync()];
    gate.open();
    await rejection(append, 'ERR_LOG_OUTCOME_UNKNOWN');
    for (const change of behind) await rejection(change, 'ERR_LOG_FAILED');
    await log.close();
    expect([ids(1, 3), ids(1, 4)]).toContainEqual(await readIds(await openLog(directory)));
  });

  test('of META in a truncate poisons', async () => {
    const { directory, disk, log } = await filledLog();
    disk.before = ({ operation, name }) => {
      if (operation === 'sync' && name === 'META') throw inputOutputError();
    };
    await rejection(log.truncate(1), 'ERR_LOG_FAILED');
    disk.before = undefined;
    await rejection(log.append(recordOf(4)), 'ERR_LOG_FAILED');
    await log.close();
    expect([[1], [1, 2, 3]]).toContainEqual(await readIds(await openLog(directory)));
  });

  test('of the preallocation poisons: it may be the only report of a lost batch', async () => {
    const { disk, log } = await filledLog({ preallocate: true, segmentBytes: 1_048_576 });
    disk.before = (call) => {
      if (isSegmentSync(call)) throw inputOutputError();
    };
    await rejection(log.append(content(1, 60_000)), 'ERR_LOG_OUTCOME_UNKNOWN');
    await rejection(log.append(content(1, 10)), 'ERR_LOG_FAILED');
  });
});

describe('a write that fails for another reason than space', () => {
  test('APPEND-8 is absent, and the log writes no more', async () => {
    const { directory, disk, log } = await filledLog();
    disk.before = (call) => {
      if (isBatchWrite(call)) throw inputOutputError();
    };
    await rejection(log.append(recordOf(4)), 'ERR_LOG_FAILED');
    disk.before = undefined;
    await rejection(log.append(recordOf(4)), 'ERR_LOG_FAILED');
    expect(await readIds(log)).toEqual([1, 2, 3]);
    await log.close();
    expect(await readIds(await openLog(directory))).toEqual([1, 2, 3]);
  });

  test('whose residue cannot be zeroed has an unknown outcome', async () => {
    const { directory, disk, log } = await filledLog();
    disk.shorten = () => 100;
    let writes = 0;
    disk.before = (call) => {
      if (call.operation === 'write' && isSegment(call) && writes++ > 0) throw inputOutputError();
      if (call.operation === 'truncate') throw inputOutputError();
    };
    const error = await rejection(log.append(recordOf(4, 500)), 'ERR_LOG_OUTCOME_UNKNOWN');
    expect(error.message).toContain('record 4');
    disk.before = undefined;
    disk.shorten = undefined;
    await rejection(log.append(recordOf(4)), 'ERR_LOG_FAILED');
    await log.close();
    const again = await openLog(directory);
    expect(await readIds(again)).toEqual([1, 2, 3]);
    expect(again.recovery.torn?.bytes).toBeGreaterThan(0);
  });
});

describe('ERR_LOG_NO_SPACE', () => {
  test('APPEND-8 leaves nothing where zeros take space, too: what it left is cut off', async () => {
    const { directory, disk, log } = await filledLog();
    disk.shorten = () => 100;
    let writes = 0;
    disk.before = (call) => {
      if (call.operation === 'write' && isSegment(call) && writes++ > 0) throw quotaExceeded();
    };
    await rejection(log.append(recordOf(4, 500)), 'ERR_LOG_NO_SPACE');
    disk.before = undefined;
    disk.shorten = undefined;
    await fill(log, 2);
    await log.close();
    expect(await readIds(await openLog(directory))).toEqual([1, 2, 3, 4, 5]);
  });

  for (const [name, error] of [
    ['ENOSPC', noSpaceLeft],
    ['EDQUOT, which Node calls UNKNOWN', quotaExceeded],
  ] as const) {
    test(`${name}: absent, what is queued behind it too, and the log goes on`, async () => {
      const { directory, disk, log } = await filledLog();
      const gate = new Gate();
      disk.before = async (call) => {
        if (!isBatchWrite(call)) return;
        await gate.pass();
        throw error();
      };
      const first = log.append(recordOf(4));
      await gate.reached;
      const behind = [log.append(recordOf(5)), log.append([recordOf(6), recordOf(7)])];
      expect(log.nextId).toBe(8);
      gate.open();
      const cause = (await rejection(first, 'ERR_LOG_NO_SPACE')).cause as NodeJS.ErrnoException;
      expect(cause.errno).toBe(error().errno);
      expect(log.nextId).toBe(4);
      for (const append of behind) await rejection(append, 'ERR_LOG_NO_SPACE');
      expect([log.lastId, log.nextId]).toEqual([3, 4]);
      expect(await readAll(log)).toEqual(recordsOf(1, 3));
      await rejection(log.append(recordOf(4)), 'ERR_LOG_NO_SPACE');
      disk.before = undefined;
      await fill(log, 2);
      expect(await readAll(log)).toEqual(recordsOf(1, 5));
      await log.close();
      const again = await openLog(directory);
      expect(again.recovery.torn).toBeUndefined();
      expect(await readAll(again)).toEqual(recordsOf(1, 5));
    });
  }

  test('ORDER-2 an append of nothing, behind a trim behind it, is told after that trim', async () => {
    const { disk, log } = await filledLog();
    const gate = new Gate();
    disk.before = async (call) => {
      if (!isBatchWrite(call)) return;
      await gate.pass();
      throw noSpaceLeft();
    };
    const told: string[] = [];
    const failing = log.append(recordOf(4)).catch(({ code }) => told.push(code));
    await gate.reached;
    const trimming = log.trim(1).then(() => told.push('trimmed'));
    const nothing = log.append([]).then(
      () => told.push('nothing appended'),
      ({ code }) => told.push(`nothing appended: ${code}`),
    );
    gate.open();
    await Promise.all([failing, trimming, nothing]);
    const code = 'ERR_LOG_NO_SPACE';
    expect(told).toEqual([code, `nothing appended: ${code}`, 'trimmed']);
  });

  test('a short write hides it: the residue is zeroed before the rejection', async () => {
    const { directory, disk, log } = await filledLog();
    // It comes in a moment, and must not come between the calls that follow.
    await vi.waitFor(() => expect(disk.done.some(isMark)).toBe(true), { timeout: 60_000 });
    const [name = ''] = await segmentFiles(directory);
    const { end } = await readSegment(directory, name);
    let written = 0;
    disk.shorten = (call) => (isBatchWrite(call) ? 200 : Number.POSITIVE_INFINITY);
    disk.before = (call) => {
      if (isBatchWrite(call) && written++ > 0) throw noSpaceLeft();
    };
    disk.reset();
    await rejection(log.append(recordOf(4, 1000)), 'ERR_LOG_NO_SPACE');
    const segment = await readSegment(directory, name);
    expect(segment.end).toBe(end);
    expect(segment.bytes.subarray(end).every((byte) => byte === 0)).toBe(true);
    const zeroing = disk.done.findLastIndex(
      (call) => call.operation === 'write' && call.name === name && call.position === end,
    );
    expect(disk.done.slice(zeroing).map(({ operation }) => operation)).toContain('sync');
    disk.before = undefined;
    disk.shorten = undefined;
    await fill(log, 1);
    await log.close();
    expect(await readAll(await openLog(directory))).toEqual(recordsOf(1, 4));
  });

  test('short writes without an error are gone on with', async () => {
    const { directory, disk, log } = await filledLog();
    disk.shorten = (call) => (call.bytes ?? 0) % 37 || 1;
    await fill(log, 3, 300);
    await log.truncate(4);
    await log.trim(1);
    await fill(log, 1, 300);
    disk.shorten = undefined;
    await log.close();
    const expected = [...recordsOf(2, 3), ...recordsOf(4, 5, 300)];
    expect(await readAll(await openLog(directory))).toEqual(expected);
  });

  test('a write that writes nothing does not go on for ever', async () => {
    const { disk, log } = await filledLog();
    disk.shorten = (call) => (isBatchWrite(call) ? 0 : Number.POSITIVE_INFINITY);
    await rejection(log.append(recordOf(4)), 'ERR_LOG_FAILED');
  });

  for (const step of ['create', 'write', 'sync', 'syncDirectory'] as const) {
    test(`at the ${step} of a new segment: roll, truncate and append go on later`, async () => {
      const { directory, disk, log } = await filledLog();
      const full = (call: DiskCall): void => {
        const isNew =
          call.operation === 'syncDirectory' || (isSegment(call) && call.name !== first);
        if (call.operation === step && isNew) throw noSpaceLeft();
      };
      const [first] = await segmentFiles(directory);
      disk.before = full;
      await rejection(log.roll(), 'ERR_LOG_NO_SPACE');
      await rejection(log.truncate(1), 'ERR_LOG_NO_SPACE');
      expect([log.lastId, log.nextId]).toEqual([3, 4]);
      await fill(log, 1);
      disk.before = undefined;
      await log.roll();
      await fill(log, 1);
      disk.before = full;
      await rejection(log.truncate(2), 'ERR_LOG_NO_SPACE');
      const truncating = log.truncate(2);
      const behind = log.append(recordOf(3));
      expect(log.nextId).toBe(4);
      await rejection(truncating, 'ERR_LOG_NO_SPACE');
      await rejection(behind, 'ERR_LOG_NO_SPACE');
      expect(log.nextId).toBe(6);
      disk.before = undefined;
      await log.truncate(2);
      await fill(log, 1);
      expect(await readAll(log)).toEqual(recordsOf(1, 3));
      await log.close();
      const again = await openLog(directory);
      expect(await readAll(again)).toEqual(recordsOf(1, 3));
      for (const name of await segmentFiles(directory)) {
        expect((await readSegment(directory, name)).header.firstId).toBeLessThanOrEqual(3);
      }
    });
  }

  test('of the preallocation only means that there is none', async () => {
    const directory = await temporaryDirectory();
    const disk = new WatchedDisk();
    disk.before = (call) => {
      if (call.operation === 'write' && isSegment(call) && !isBatchWrite(call)) throw noSpaceLeft();
    };
    const log = await openLog(directory, { disk });
    await fill(log, 100, 2000);
    await log.close();
    expect(await readIds(await openLog(directory))).toEqual(ids(1, 100));
  });

  test('of a footer only means that there is none', async () => {
    const { directory, disk, log } = await filledLog();
    disk.before = (call) => {
      if (call.operation === 'write' && isSegment(call)) throw noSpaceLeft();
    };
    await log.close();
    const again = await openLog(directory);
    expect(again.recovery.wasClean).toBe(true);
    expect(await readAll(again)).toEqual(recordsOf(1, 3));
    expect(await readSegment(directory, (await segmentFiles(directory))[0] as string)).toBeTruthy();
    expect(join(directory)).toBe(again.directory);
  });
});
