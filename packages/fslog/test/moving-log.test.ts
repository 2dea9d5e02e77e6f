import { cp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { BatchHeader } from '@wal/core';
import { type FsLog, type LogProblem, openFsLog, type VerifyReport, verifyFsLog } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import { rejection } from './support/errors.ts';
import { readSegment } from './support/log-files.ts';
import { fill, recordsOf } from './support/records.ts';
import { openLog, segmentFiles, temporaryDirectory } from './support/temporary-log.ts';
import { type DiskCall, WatchedDisk } from './support/watched-disk.ts';
import { flip } from './verification/three-segments.ts';

/** How often the log has moved on before it stands still, where it has to: more than any bound. */
const MOVES = 40;

interface MovingLog {
  readonly directory: string;
  readonly writer: FsLog;
  /** A disk for looking at the log with. */
  readonly disk: WatchedDisk;
  /** Calls `move` each time that the log's directory is about to be listed: META has been read then. */
  onEveryLook(move: () => Promise<unknown>): void;
}

async function movingLog(): Promise<MovingLog> {
  const directory = await temporaryDirectory();
  const writer = await openLog(directory);
  await fill(writer, 3);
  const disk = new WatchedDisk();
  return {
    directory,
    writer,
    disk,
    onEveryLook: (move) => {
      disk.before = async ({ operation, name }: DiskCall) => {
        if (operation === 'list' && name === basename(directory)) await move();
      };
    },
  };
}

/** The writer rolls, both segments with records. */
async function rollOn(writer: FsLog): Promise<void> {
  await fill(writer, 1);
  await writer.roll();
  await fill(writer, 1);
}

describe('a reader whose every look the writer overtakes', () => {
  test('FOLLOW-1 by a roll: it follows all the same', async () => {
    const { writer, disk, directory, onEveryLook } = await movingLog();
    const reader = await openLog(directory, { readOnly: true, disk });
    const iterator = reader.iterator({ follow: true });
    await rollOn(writer);
    onEveryLook(() => rollOn(writer));
    for (const record of recordsOf(1, MOVES)) {
      const { value } = await iterator.next();
      expect({ id: value?.id, data: value?.data.slice() }).toEqual(record);
    }
    await iterator.return();
  });

  test('by a roll and a trim, as long as it goes on, but not for good', async () => {
    const { writer, disk, directory, onEveryLook } = await movingLog();
    const reader = await openLog(directory, { readOnly: true, disk });
    let moves = 0;
    onEveryLook(async () => {
      if (++moves > MOVES) return;
      await rollOn(writer);
      await removeAllButTail(directory, writer);
    });
    await rollOn(writer);
    await rejection(reader.get(1000), 'ERR_LOG_NOT_FOUND');
    expect(reader.nextId).toBeGreaterThanOrEqual(writer.lastId as number);
    expect(moves).toBeGreaterThan(MOVES);
  });

  test('CLOSE-3 for good: closing ends it', async () => {
    const { writer, disk, directory, onEveryLook } = await movingLog();
    const reader = await openLog(directory, { readOnly: true, disk });
    let closing: Promise<void> | undefined;
    let moves = 0;
    onEveryLook(async () => {
      await rollOn(writer);
      await removeAllButTail(directory, writer);
      if (++moves === MOVES) closing = reader.close();
    });
    await rollOn(writer);
    await rejection(reader.get(1000), 'ERR_LOG_CLOSED');
    await closing;
    expect(moves).toBe(MOVES);
    expect(disk.openFiles).toBe(0);
  });
});

describe('a verification whose every look the writer overtakes', () => {
  const looksOf = (disk: WatchedDisk, directory: string): number =>
    disk.count('list', basename(directory)) / 2;

  test('by a roll: the log is what META said, and newer segments are only notes', async () => {
    const { writer, disk, directory, onEveryLook } = await movingLog();
    onEveryLook(() => rollOn(writer));
    const report = await verifyFsLog(directory, { disk });
    expect(graveOf(report)).toEqual([]);
    expect(report).toMatchObject({ isReadable: true, lost: [], doubts: [], firstId: 1 });
    expect(report.records).toBe(report.nextId - 1);
    expect(report.nextId).toBeLessThanOrEqual(writer.nextId);
    expect(looksOf(disk, directory)).toBe(1);
  });

  test('by a trim: what it does not find again it does not report; what it does, it does', async () => {
    const { writer, disk, directory } = await movingLog();
    for (let i = 0; i < MOVES; i++) await rollOn(writer);
    const names = await segmentFiles(directory);
    const { path, batches } = await readSegment(directory, names.at(-1) as string);
    const { byteOffset, firstId } = batches[0] as BatchHeader;
    // Each look misses the first of its segments, whose header it has read before.
    let opened = 0;
    disk.before = async ({ operation, name }) => {
      if (operation === 'list' && name === basename(directory)) opened = 0;
      if (operation !== 'open' || !name.endsWith('.wal')) return;
      const [first = '', second] = await segmentFiles(directory);
      if (name !== first || ++opened !== 2 || second === undefined) return;
      await writer.trim((await readSegment(directory, second)).header.firstId - 1);
      while ((await segmentFiles(directory)).includes(first)) await new Promise(setImmediate);
    };
    const healthy = await verifyFsLog(directory, { disk });
    expect(graveOf(healthy)).toEqual([]);
    expect(healthy).toMatchObject({ isReadable: true, lost: [], doubts: [] });
    const looks = looksOf(disk, directory);
    expect(looks).toBeGreaterThan(1);
    expect(looks).toBeLessThan(5);
    await flip(path, byteOffset + 70);
    const damaged = await verifyFsLog(directory, { disk });
    expect(graveOf(damaged)).toMatchObject([{ kind: 'batch', severity: 'loss', byteOffset }]);
    expect(damaged).toMatchObject({ isReadable: false, lost: [{ firstId, lastId: firstId }] });
    expect(looksOf(disk, directory)).toBeLessThan(looks + 5);
  });
});

function graveOf({ problems }: VerifyReport): readonly LogProblem[] {
  return problems.filter(({ severity }) => severity !== 'note');
}

test('a log that stands still, and is not whole, is refused after two looks', async () => {
  const { directory, writer, disk } = await movingLog();
  const older = join(await temporaryDirectory(), 'META');
  await cp(join(directory, 'META'), older, { recursive: true });
  await rollOn(writer);
  await writer.close();
  await rm(join(directory, 'META'), { recursive: true });
  await cp(older, join(directory, 'META'), { recursive: true });
  await rejection(openFsLog(directory, { readOnly: true, disk }), 'ERR_LOG_CORRUPT');
  expect(disk.count('list', basename(directory))).toBe(2);
  expect(disk.openFiles).toBe(0);
});

/** Waits until the files of what is trimmed are gone: then whoever has read META before misses them. */
async function removeAllButTail(directory: string, writer: FsLog): Promise<void> {
  await writer.trim((writer.lastId as number) - 1);
  while ((await segmentFiles(directory)).length > 1) await new Promise(setImmediate);
}
