import { cp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Disk, segmentSalt, viewOf } from '@wal/core';
import { nodeDisk, openFsLog, type VerifyProgress, verifyFsLog } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import { rejection } from './support/errors.ts';
import { leftBehind, startOf } from './support/left-behind.ts';
import {
  editFile,
  makeUnclean,
  readMeta,
  readSegment,
  sealBatch,
  writeSegment,
} from './support/log-files.ts';
import { content, fill } from './support/records.ts';
import { openLog, segmentFiles, snapshot, temporaryDirectory } from './support/temporary-log.ts';
import { WatchedDisk } from './support/watched-disk.ts';
import { flip, grave, threeSegments } from './verification/three-segments.ts';

describe('verifyFsLog', () => {
  test('a log without problems, with a torn copy and files of others beside', async () => {
    const { directory, names } = await threeSegments();
    await writeFile(join(directory, `${names[2]}.00000100.torn`), 'torn');
    await writeFile(join(directory, 'notes.txt'), 'hello');
    const before = await snapshot(directory);
    const report = await verifyFsLog(directory);
    expect(report).toMatchObject({
      directory,
      firstId: 1,
      nextId: 31,
      records: 30,
      lost: [],
      doubts: [],
      isReadable: true,
    });
    const ranges = report.segments.map(({ name, firstId, nextId, records }) => {
      return [name, firstId, nextId, records];
    });
    expect(ranges).toEqual(names.map((name, i) => [name, 10 * i + 1, 10 * i + 11, 10]));
    expect(report.problems.map(({ kind, segment }) => [kind, segment])).toEqual([
      ['torn-copy', `${names[2]}.00000100.torn`],
      ['stray-file', 'notes.txt'],
    ]);
    expect(await snapshot(directory)).toEqual(before);
  });

  test('all of the damage, not only the first, each with its place and its ids', async () => {
    const { directory, names } = await threeSegments();
    const [first, second, third] = await Promise.all(
      names.map((name) => readSegment(directory, name)),
    );
    const at = (segment = first, batch = 0): number =>
      segment?.batches[batch]?.byteOffset as number;
    await flip(join(directory, names[0] as string), at(first, 2) + 70, at(first, 5) + 20);
    await flip(join(directory, names[1] as string), at(second, 0) + 3, at(second, 1) + 64, 20);
    await flip(join(directory, names[2] as string), at(third, 9) + 50);
    const report = await verifyFsLog(directory);
    const found = report.problems.map((each) => [
      each.kind,
      each.severity,
      each.segment,
      each.byteOffset,
      each.bytes,
      each.firstAffectedId,
      each.lastAffectedId,
    ]);
    const one = at(first, 3) - at(first, 2);
    expect(found).toEqual([
      ['batch', 'loss', names[0], at(first, 2), one, 3, 3],
      ['batch', 'loss', names[0], at(first, 5), one, 6, 6],
      ['segment-header', 'damage', names[1], 0, 80, undefined, undefined],
      ['batch', 'loss', names[1], at(second, 0), 2 * one, 11, 12],
      ['batch', 'loss', names[2], at(third, 9), (third?.end as number) - at(third, 9), 30, 30],
    ]);
    expect(report.lost).toEqual([
      { firstId: 3, lastId: 3 },
      { firstId: 6, lastId: 6 },
      { firstId: 11, lastId: 12 },
      { firstId: 30, lastId: 30 },
    ]);
    expect([report.records, report.nextId, report.isReadable]).toEqual([25, 31, false]);
  });

  test('a batch longer than what is looked at at once, and what is behind it', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory, { maxRecordBytes: 8_000_000 });
    await log.append([content(1, 5_000_000), content(2, 3)]);
    await log.append(content(3, 2_500_000));
    await log.append(content(4, 10));
    await log.close();
    const [name = ''] = await segmentFiles(directory);
    expect(await verifyFsLog(directory)).toMatchObject({ records: 4, problems: [] });
    const { batches } = await readSegment(directory, name);
    await flip(join(directory, name), (batches[0]?.byteOffset as number) + 4_999_999);
    const report = await verifyFsLog(directory);
    expect(report.lost).toEqual([{ firstId: 1, lastId: 2 }]);
    expect(report.records).toBe(2);
  });

  test('a body whose CRC is right and whose lengths do not add up', async () => {
    const { directory, tail } = await leftBehind();
    const { crc32 } = await import('@wal/core');
    await editFile(tail.path, (bytes) => {
      const at = startOf(tail, 1);
      const view = viewOf(bytes);
      view.setUint32(at + 64, 31, true);
      view.setUint32(at + 60, crc32(bytes.subarray(at + 64, at + 100)), true);
      sealBatch(bytes, at, segmentSalt(tail.header.uuid, tail.header.sequence));
      return undefined;
    });
    expect((await verifyFsLog(directory)).lost).toEqual([{ firstId: 2, lastId: 2 }]);
  });

  test('a torn tail is a note, and its ids are not missed', async () => {
    const { directory, tail } = await leftBehind();
    await truncate(tail.path, tail.end - 3);
    const report = await verifyFsLog(directory);
    const byteOffset = startOf(tail, 4);
    expect(report.problems).toMatchObject([
      { kind: 'torn-tail', severity: 'note', segment: tail.name, byteOffset },
    ]);
    expect(report).toMatchObject({ isReadable: true, nextId: 5, records: 4 });
  });

  test('a tail of which only a later header is left: nothing tells how far it went', async () => {
    const { directory, tail } = await leftBehind();
    await flip(tail.path, startOf(tail, 4) + 70, startOf(tail, 3) + 70);
    // The last batch states that the one before was durable.
    expect((await verifyFsLog(directory)).lost).toEqual([{ firstId: 4, lastId: 4 }]);
    const closed = await threeSegments();
    await makeUnclean(closed.directory);
    await rm(join(closed.directory, closed.names[2] as string));
    expect((await verifyFsLog(closed.directory)).lost).toEqual([
      { firstId: 21, lastId: undefined },
    ]);
  });

  test('missing segments, with the ids that only they could have held', async () => {
    for (const [gone, firstAffectedId, lastAffectedId] of [
      [0, 1, 10],
      [2, 21, 30],
    ] as const) {
      const { directory, names } = await threeSegments();
      await rm(join(directory, names[gone] as string));
      expect(await grave(directory)).toMatchObject([
        { kind: 'segment-missing', severity: 'loss', firstAffectedId, lastAffectedId },
      ]);
    }
    // The second may have truncated the first: no record of that one is known to be the log's.
    const { directory, names } = await threeSegments();
    await rm(join(directory, names[1] as string));
    expect(await grave(directory)).toMatchObject([
      { kind: 'segment-missing', firstAffectedId: 1, lastAffectedId: 20 },
    ]);
  });

  test('a segment of another log, and one in the place of another', async () => {
    const [{ directory, names }, other] = [await threeSegments(), await threeSegments()];
    await cp(join(other.directory, names[1] as string), join(directory, names[1] as string));
    const kinds = (await grave(directory)).map(({ kind, firstAffectedId, lastAffectedId }) => {
      return [kind, firstAffectedId, lastAffectedId];
    });
    expect(kinds).toEqual([
      ['segment-foreign', undefined, undefined],
      ['batch', 11, 20],
    ]);
    await cp(join(directory, names[0] as string), join(directory, names[1] as string));
    expect((await grave(directory)).map(({ kind }) => kind)).toEqual(['segment-header', 'batch']);
  });

  test('footers and garbage are notes', async () => {
    const { directory, names } = await threeSegments();
    const { end, path } = await readSegment(directory, names[1] as string);
    await flip(path, end + 20);
    const { epoch } = await readMeta(directory);
    const sequence = epoch * 2 ** 24 + 1000;
    const stray = await writeSegment(directory, { sequence, predecessor: 0, firstId: 31 });
    const report = await verifyFsLog(directory);
    expect(report.isReadable).toBe(true);
    expect(report.problems.map(({ kind, segment }) => [kind, segment])).toEqual([
      ['footer', names[1]],
      ['garbage-segment', stray],
    ]);
  });

  test('what a newer release wrote is not taken for damage', async () => {
    const { directory, tail } = await leftBehind();
    await editFile(tail.path, (bytes) => {
      bytes[startOf(tail, 2) + 56] = 9;
      sealBatch(bytes, startOf(tail, 2), segmentSalt(tail.header.uuid, tail.header.sequence));
      return undefined;
    });
    const [batch] = await grave(directory);
    expect(batch).toMatchObject({ kind: 'unsupported-format', severity: 'unsupported' });
    expect(batch).toMatchObject({ firstAffectedId: 3, lastAffectedId: 3 });
    await editFile(tail.path, (bytes) => {
      const view = viewOf(bytes);
      view.setUint16(8, 2, true);
      view.setUint16(10, ~2, true);
      return undefined;
    });
    const [segment] = await grave(directory);
    expect(segment).toMatchObject({ kind: 'unsupported-format', byteOffset: 0 });
    expect((await verifyFsLog(directory)).lost).toEqual([]);
  });

  test('bytes that the disk cannot read are damage like any other', async () => {
    const { directory, names } = await threeSegments(3000);
    const bad = 13_000;
    const disk: Disk = {
      ...nodeDisk,
      open: async (path, mode) => {
        const file = await nodeDisk.open(path, mode);
        if (!path.endsWith(names[1] as string)) return file;
        return Object.assign(Object.create(file) as typeof file, {
          read: (buffer: Uint8Array, position: number) => {
            const isBad = position <= bad && bad < position + buffer.length;
            if (isBad) return Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }));
            return file.read(buffer, position);
          },
          size: () => file.size(),
          identify: () => file.identify(),
          close: () => file.close(),
        });
      },
    };
    const { batches } = await readSegment(directory, names[1] as string);
    const firstId = batches.findLast(({ byteOffset }) => byteOffset <= bad)?.firstId as number;
    const [range, ...others] = (await verifyFsLog(directory, { disk })).lost;
    expect(others).toEqual([]);
    expect(range?.firstId).toBeLessThanOrEqual(firstId);
    expect(range?.lastId).toBeGreaterThanOrEqual(firstId);
    expect((range?.lastId as number) - (range?.firstId as number)).toBeLessThanOrEqual(2);
  });
});

describe('options', () => {
  test('progress, and a signal that stops it', async () => {
    const { directory, names } = await threeSegments();
    const seen: VerifyProgress[] = [];
    const { bytes } = await verifyFsLog(directory, { onProgress: (each) => seen.push(each) });
    expect(seen.map(({ segment }) => segment)).toEqual(names);
    expect(seen.map(({ segmentsDone, segmentCount }) => [segmentsDone, segmentCount])).toEqual([
      [0, 3],
      [1, 3],
      [2, 3],
    ]);
    expect(seen[2]?.bytesDone).toBeLessThan(bytes);
    const stop = new AbortController();
    const disk = new WatchedDisk();
    const reason = new Error('enough');
    const onProgress = (): void => stop.abort(reason);
    const stopped = verifyFsLog(directory, { disk, signal: stop.signal, onProgress });
    await expect(stopped).rejects.toBe(reason);
    expect(disk.openFiles).toBe(0);
  });

  test('a directory that is none, or holds no log, and options of a wrong type', async () => {
    const empty = await temporaryDirectory();
    await rejection(verifyFsLog(empty), 'ERR_LOG_INVALID_ARGUMENT');
    await rejection(verifyFsLog(join(empty, 'none')), 'ERR_LOG_INVALID_ARGUMENT');
    expect(await readdir(empty)).toEqual([]);
    const wrong = [
      verifyFsLog(7 as never),
      verifyFsLog(empty, 7 as never),
      verifyFsLog(empty, { onProgress: 7 as never }),
      verifyFsLog(empty, { signal: 7 as never }),
      verifyFsLog(empty, { disk: {} as never }),
    ];
    for (const each of wrong) await rejection(each, 'ERR_LOG_INVALID_ARGUMENT');
  });

  test('a new log, and one of which everything is trimmed', async () => {
    const directory = await temporaryDirectory();
    const log = await openFsLog(directory, { firstId: 7 });
    expect(await verifyFsLog(directory)).toMatchObject({ firstId: 7, nextId: 7, problems: [] });
    await fill(log, 3);
    await log.trim(20);
    const report = await verifyFsLog(directory);
    expect(report).toMatchObject({ firstId: 21, nextId: 21, records: 0, problems: [] });
    await log.close();
  });
});
