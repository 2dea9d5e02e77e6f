import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { openFsLog } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import { rejection } from './support/errors.ts';
import { writeSegment } from './support/log-files.ts';
import { fill, ids, readAll, readIds, recordOf, recordsOf } from './support/records.ts';
import { stolenLock } from './support/stolen-lock.ts';
import { openLog, segmentFiles, temporaryDirectory } from './support/temporary-log.ts';
import {
  type DiskCall,
  Gate,
  isSegment,
  noSpaceLeft,
  WatchedDisk,
} from './support/watched-disk.ts';

/** More than one batch of two records of 20,000 bytes, and less than both. */
const BATCH_BYTES = 24_000;

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
      for (const firstId of FIRST_IDS) {
        const copy = await temporaryDirectory();
        for (const name of names) {
          await cp(join(directory, name), join(copy, name), { recursive: true });
        }
        await writeSegment(copy, { sequence, predecessor, firstId });
        const what = `first id ${firstId}`;
        const reader = await openLog(copy, { readOnly: true });
        expect(await readIds(reader), what).toEqual(ids(15, 40));
        await reader.close();
        const disk = new WatchedDisk();
        let log = await openLog(copy, { disk });
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
    disk.lock = stolenLock;
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

  /** The changes with the most steps of their own; the others are tried at every third step of the opening. */
  const EVERY_STEP = new Set(['append to a new segment', 'truncate and append', 'trim']);

  for (const [what, change] of Object.entries(CHANGES)) {
    test(`${what}: what it acknowledges, at whatever step of the opening, is in the log`, async () => {
      let steps = 1;
      const stride = EVERY_STEP.has(what) ? 1 : 3;
      for (let step = 0; step < steps; step += stride) {
        const directory = await temporaryDirectory();
        const old = await openLog(directory, { disk: unlocked(), preallocate: false });
        await fill(old, 5);
        const disk = unlocked();
        const gate = new Gate();
        let calls = 0;
        disk.before = async () => {
          if (calls++ === step) await gate.pass();
        };
        const opening = openFsLog(directory, { disk, preallocate: false });
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
        const again = await openLog(directory, { disk: unlocked() });
        expect(await readAll(again), `step ${step}, reopened`).toEqual(all);
        await again.close();
        steps = Math.max(steps, calls);
      }
      expect(steps).toBeGreaterThan(10);
    });
  }

  test('at its look at who the owner is: two take over meanwhile, and sweep', async () => {
    const directory = await temporaryDirectory();
    const disk = unlocked();
    const old = await openLog(directory, { disk, preallocate: false });
    await fill(old, 3);
    const gate = new Gate();
    disk.before = async ({ operation }) => {
      if (operation === 'identify') await gate.pass();
    };
    const late = rejection(old.append(new Uint8Array(1)), 'ERR_LOG_OUTCOME_UNKNOWN');
    await gate.reached;
    for (let i = 0; i < 2; i++) await (await openLog(directory, { disk: unlocked() })).close();
    gate.open();
    await late;
    await rejection(old.append(new Uint8Array(1)), 'ERR_LOG_FENCED');
  });

  test('APPEND-8 in a write of which a batch was taken over: it does not say that it is absent', async () => {
    const directory = await temporaryDirectory();
    const disk = unlocked();
    const old = await openLog(directory, { disk, preallocate: false });
    await fill(old, 5);
    const gate = new Gate();
    const isBatchWrite = ({ operation, bytes = 0, ...call }: DiskCall): boolean =>
      operation === 'write' && isSegment({ operation, ...call }) && bytes > BATCH_BYTES / 2;
    // Of two batches the first one is written, and then there is no more space.
    disk.shorten = () => BATCH_BYTES;
    let writes = 0;
    disk.before = async (call) => {
      if (!isBatchWrite(call) || ++writes === 1) return;
      disk.before = undefined;
      await gate.pass();
      throw noSpaceLeft();
    };
    const group = [6, 7].map((id) =>
      rejection(old.append(recordOf(id, 20_000)), 'ERR_LOG_OUTCOME_UNKNOWN'),
    );
    await gate.reached;
    const log = await openLog(directory, { disk: unlocked() });
    expect(log.nextId).toBe(7);
    gate.open();
    for (const [i, error] of (await Promise.all(group)).entries())
      expect(error.firstId).toBe(6 + i);
    await rejection(old.append(new Uint8Array(1)), 'ERR_LOG_FENCED');
    expect((await log.get(6)).data).toEqual(recordOf(6, 20_000).data);
  });

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
