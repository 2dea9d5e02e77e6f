import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openFsLog } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import { rejection } from './support/errors.ts';
import { editFile, metaPath, readMeta } from './support/log-files.ts';
import { fill, ids, readAll, readIds, recordsOf } from './support/records.ts';
import { openLog, segmentFiles, snapshot, temporaryDirectory } from './support/temporary-log.ts';

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

async function copyMeta(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await cp(from, to, { recursive: true });
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
        await editFile(metaPath(directory), (bytes) => {
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
        const healed = await readFile(metaPath(directory));
        expect(healed.subarray(0, SLOT_BYTES)).toEqual(healed.subarray(SLOT_BYTES));
      });
    }
  }

  test('OPEN-4 that of another log is corrupt, and no segment is removed', async () => {
    const directory = await closedLog();
    const other = await temporaryDirectory();
    await (await openLog(other)).close();
    await copyMeta(join(other, 'META'), join(directory, 'META'));
    const before = await snapshot(directory);
    for (const readOnly of [false, true]) {
      await rejection(openLog(directory, { readOnly }), 'ERR_LOG_CORRUPT');
      expect(await snapshot(directory)).toEqual(before);
    }
  });

  test('OPEN-4 both slots damaged is corrupt, and nothing is changed', async () => {
    const directory = await closedLog();
    await editFile(metaPath(directory), (bytes) => {
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
    await copyMeta(join(directory, 'META'), kept);
    const again = await openLog(directory);
    await fill(again, 5);
    await again.close();
    await copyMeta(kept, join(directory, 'META'));
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
    await copyMeta(join(directory, 'META'), kept);
    await log.roll();
    await fill(log, 5);
    await log.trim(7);
    await log.close();
    await copyMeta(kept, join(directory, 'META'));
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
    await mkdir(join(directory, 'META'));
    await writeFile(join(directory, 'META', '0011223344556677.new'), 'half a MET');
    const log = await openLog(directory, { firstId: 5 });
    await fill(log, 1);
    expect(log.lastId).toBe(5);
    const left = Object.keys(await snapshot(directory)).filter((name) => name.endsWith('.new'));
    expect(left).toEqual([]);
  });
});
