import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openFsLog } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import { rejection } from './support/errors.ts';
import { editFile, readMeta, writeEmptySegment } from './support/log-files.ts';
import { fill, ids, readAll, readIds, recordsOf } from './support/records.ts';
import { openLog, segmentFiles, snapshot, temporaryDirectory } from './support/temporary-log.ts';
import { Gate, WatchedDisk } from './support/watched-disk.ts';

const SLOT_BYTES = 4096;

/** A closed log of ten records in two segments, the first three of them trimmed. */
async function closedLog(): Promise<string> {
  const directory = await temporaryDirectory();
  const log = await openLog(directory);
  await fill(log, 5);
  await log.roll();
  await fill(log, 5);
  await log.trim(3);
  await log.close();
  return directory;
}

describe('META', () => {
  for (const slot of [0, 1]) {
    for (const [what, at, length] of [
      ['a changed byte', 50, 1],
      ['zeros', 0, SLOT_BYTES],
      ['a tear in its middle', 512, SLOT_BYTES - 512],
    ] as const) {
      test(`slot ${slot} with ${what}: the other one tells all, and the next commit heals it`, async () => {
        const directory = await closedLog();
        const path = join(directory, 'META');
        await editFile(path, (bytes) => {
          const from = slot * SLOT_BYTES + at;
          for (let i = from; i < from + length; i++) {
            bytes[i] = length === SLOT_BYTES ? 0 : (bytes[i] as number) ^ 0x55;
          }
          return undefined;
        });
        const reader = await openLog(directory, { readOnly: true });
        expect(await readIds(reader)).toEqual(ids(4, 10));
        await reader.close();
        const log = await openLog(directory);
        expect(await readAll(log)).toEqual(recordsOf(4, 10));
        expect(log.recovery.wasClean).toBe(true);
        await log.close();
        const healed = await readFile(path);
        expect(healed.subarray(0, SLOT_BYTES)).toEqual(healed.subarray(SLOT_BYTES));
      });
    }
  }

  test('OPEN-4 both slots damaged is corrupt, and nothing is changed', async () => {
    const directory = await closedLog();
    await editFile(join(directory, 'META'), (bytes) => {
      for (const at of [50, SLOT_BYTES + 60]) bytes[at] = (bytes[at] as number) ^ 1;
      return undefined;
    });
    const before = await snapshot(directory);
    for (const readOnly of [false, true]) {
      const error = await rejection(openFsLog(directory, { readOnly }), 'ERR_LOG_CORRUPT');
      expect(error.segment).toBe('META');
    }
    expect(await snapshot(directory)).toEqual(before);
  });

  test('OPEN-4 an older copy beside newer segments is corrupt, and nothing is changed', async () => {
    const directory = await temporaryDirectory();
    const kept = join(await temporaryDirectory(), 'META');
    const log = await openLog(directory);
    await fill(log, 5);
    await log.close();
    await copyFile(join(directory, 'META'), kept);
    const again = await openLog(directory);
    await fill(again, 5);
    await again.close();
    await copyFile(kept, join(directory, 'META'));
    const before = await snapshot(directory);
    const error = await rejection(openFsLog(directory), 'ERR_LOG_CORRUPT');
    expect(error.message).toContain('META');
    expect(error.firstAffectedId).toBe(6);
    expect(error.segment).toBe((await segmentFiles(directory)).at(-1));
    expect(await snapshot(directory)).toEqual(before);
    const reading = await rejection(openFsLog(directory, { readOnly: true }), 'ERR_LOG_CORRUPT');
    expect(reading.firstAffectedId).toBe(6);
  });

  test('OPEN-4 an older copy whose segments were removed since is corrupt', async () => {
    const directory = await temporaryDirectory();
    const kept = join(await temporaryDirectory(), 'META');
    const log = await openLog(directory);
    await fill(log, 5);
    await copyFile(join(directory, 'META'), kept);
    await log.roll();
    await fill(log, 5);
    await log.trim(7);
    await log.close();
    await copyFile(kept, join(directory, 'META'));
    const before = await snapshot(directory);
    await rejection(openFsLog(directory), 'ERR_LOG_CORRUPT');
    expect(await snapshot(directory)).toEqual(before);
  });

  test('the epoch rises with every opening for writing, and only with those', async () => {
    const directory = await temporaryDirectory();
    let last = 0;
    for (let i = 0; i < 4; i++) {
      const log = await openLog(directory);
      expect(log.epoch).toBeGreaterThan(last);
      last = log.epoch;
      const reader = await openLog(directory, { readOnly: true });
      expect(reader.epoch).toBe(last);
      await log.close();
      expect((await readMeta(directory)).epoch).toBe(last);
    }
  });

  test('a creation that was cut off is begun anew', async () => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, 'META.new'), 'half a MET');
    const log = await openLog(directory, { firstId: 5 });
    await fill(log, 1);
    expect(log.lastId).toBe(5);
    expect(Object.keys(await snapshot(directory))).not.toContain('META.new');
  });
});

describe('a segment that a stalled writer left', () => {
  /**
   * A closed log with segments from 11, 21 and 31, of ten records each, trimmed up to 14. The sequences
   * have room between them, as if each were of another owner.
   */
  async function trimmedLog(): Promise<{ directory: string; sequences: number[] }> {
    const directory = await temporaryDirectory();
    for (let i = 0; i < 4; i++) {
      const log = await openLog(directory);
      await fill(log, 10);
      if (i === 3) await log.trim(14);
      await log.close();
    }
    const names = await segmentFiles(directory);
    expect(names).toHaveLength(3);
    return { directory, sequences: names.map((name) => Number.parseInt(name.slice(0, 16), 16)) };
  }

  const FIRST_IDS = [0, 1, 10, 11, 12, 14, 15, 16, 20, 21, 22, 30, 31, 32, 40, 41, 42, 1000];

  for (const place of ['before the first', 'in the first gap', 'in the second gap', 'after all']) {
    test(`with a sequence ${place}: it is ignored, and no live segment is removed`, async () => {
      const { directory, sequences } = await trimmedLog();
      const [first = 0, second = 0, third = 0] = sequences;
      const [sequence, predecessor] = {
        'before the first': [first - 1, first - 2],
        'in the first gap': [first + 7, first],
        'in the second gap': [second + 7, second],
        'after all': [third + 7, third],
      }[place] as [number, number];
      const live = await segmentFiles(directory);
      const names = ['META', ...live];
      const original = await Promise.all(names.map((name) => readFile(join(directory, name))));
      for (const firstId of FIRST_IDS) {
        const copy = await temporaryDirectory();
        await Promise.all(
          names.map((name, i) => writeFile(join(copy, name), original[i] as Buffer)),
        );
        const stray = await writeEmptySegment(copy, { sequence, predecessor, firstId });
        const what = `first id ${firstId}`;
        const reader = await openLog(copy, { readOnly: true });
        expect(await readIds(reader), what).toEqual(ids(15, 40));
        await reader.close();
        const disk = new WatchedDisk();
        disk.skipsSyncs = true;
        let log = await openLog(copy, { disk });
        expect(
          log.recovery.removed.filter((name) => name !== stray),
          what,
        ).toEqual([]);
        expect(await readIds(log), what).toEqual(ids(15, 40));
        // What moves the ends of the log must not be led astray either.
        await log.truncate(35);
        await fill(log, 5);
        await log.trim(17);
        await log.close();
        log = await openLog(copy, { disk });
        expect(await readAll(log), what).toEqual(recordsOf(18, 40));
        await log.trim(25);
        await log.truncate(26);
        await log.close();
        log = await openLog(copy, { disk });
        expect(await readAll(log), what).toEqual(recordsOf(26, 26));
        await log.close();
      }
    });
  }
});

describe('OPEN-2 an owner that was stalled while another took over', () => {
  /** A disk whose lock everybody gets, as if the one before had lost it by being stalled. */
  function unlocked(): WatchedDisk {
    const disk = new WatchedDisk();
    disk.lock = async () => ({ holder: {}, release: async () => undefined });
    disk.skipsSyncs = true;
    return disk;
  }

  const CHANGES = {
    append: (log: Awaited<ReturnType<typeof openLog>>) => fill(log, 1),
    'append to a new segment': async (log: Awaited<ReturnType<typeof openLog>>) => {
      await log.roll();
      await fill(log, 1);
    },
    truncate: (log: Awaited<ReturnType<typeof openLog>>) => log.truncate(3),
    'truncate and append': async (log: Awaited<ReturnType<typeof openLog>>) => {
      await log.truncate(3);
      await fill(log, 1, 100);
    },
    trim: (log: Awaited<ReturnType<typeof openLog>>) => log.trim(4),
    close: (log: Awaited<ReturnType<typeof openLog>>) => log.close(),
  };

  for (const [what, change] of Object.entries(CHANGES)) {
    test(`${what}: what it acknowledges, at whatever step of the opening, is in the log`, async () => {
      let steps = 1;
      for (let step = 0; step < steps; step++) {
        const directory = await temporaryDirectory();
        const old = await openLog(directory, { disk: unlocked() });
        await fill(old, 5);
        const disk = unlocked();
        const gate = new Gate();
        let calls = 0;
        disk.before = async () => {
          if (calls++ === step) await gate.pass();
        };
        const opening = openFsLog(directory, { disk });
        // The opening may have fewer steps than the one before.
        await Promise.race([gate.reached, opening.catch(() => undefined)]);
        const acknowledged = await change(old).then(
          () => true,
          () => false,
        );
        const expected = acknowledged
          ? [old.firstId, old.lastId, await readOwn(old, what)]
          : undefined;
        gate.open();
        const log = await opening;
        if (expected !== undefined) {
          expect([log.firstId, log.lastId, await readAll(log)], `step ${step}`).toEqual(expected);
        }
        await rejectsWrites(old, what);
        await fill(log, 2);
        const all = await readAll(log);
        await log.close();
        await old.close().catch(() => undefined);
        const again = await openLog(directory);
        expect(await readAll(again), `step ${step}, reopened`).toEqual(all);
        await again.close();
        steps = Math.max(steps, calls);
      }
      expect(steps).toBeGreaterThan(10);
    });
  }

  async function readOwn(log: Awaited<ReturnType<typeof openLog>>, what: string) {
    if (what === 'close') return recordsOf(1, 5);
    return await readAll(log);
  }

  async function rejectsWrites(log: Awaited<ReturnType<typeof openLog>>, what: string) {
    const outcome = await log.append(new Uint8Array(1)).then(
      () => 'acknowledged',
      (error: { code: string }) => error.code,
    );
    if (what === 'close') expect(outcome).toBe('ERR_LOG_CLOSED');
    else expect(['ERR_LOG_OUTCOME_UNKNOWN', 'ERR_LOG_FENCED']).toContain(outcome);
    if (what !== 'close') await rejection(log.append(new Uint8Array(1)), 'ERR_LOG_FENCED');
  }
});
