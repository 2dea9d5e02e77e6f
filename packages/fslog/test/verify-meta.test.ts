import { cp, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { verifyFsLog } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import { metaPath, readMeta, readSegment, writeSegment } from './support/log-files.ts';
import { fill, recordOf } from './support/records.ts';
import { openLog, temporaryDirectory } from './support/temporary-log.ts';
import { flip, threeSegments } from './verification/three-segments.ts';

const SLOT_BYTES = 4096;

describe('META', () => {
  test('one slot damaged is a note; both are a loss, and the rest is verified all the same', async () => {
    const { directory, names } = await threeSegments();
    const name = `META/${metaPath(directory).split('/').at(-1)}`;
    await flip(metaPath(directory), SLOT_BYTES + 50);
    const degraded = await verifyFsLog(directory);
    expect(degraded.problems).toMatchObject([
      { kind: 'meta-slot', severity: 'note', segment: name, byteOffset: SLOT_BYTES },
    ]);
    await flip(metaPath(directory), 50);
    const { path, batches } = await readSegment(directory, names[1] as string);
    await flip(path, (batches[4]?.byteOffset as number) + 70);
    const report = await verifyFsLog(directory);
    expect(report.problems).toMatchObject([
      { kind: 'meta-damaged', severity: 'loss', segment: name, firstAffectedId: undefined },
      { kind: 'batch', severity: 'loss', firstAffectedId: 15, lastAffectedId: 15 },
    ]);
    expect(report.doubts.length).toBeGreaterThan(0);
    expect([report.firstId, report.nextId, report.records]).toEqual([1, 31, 29]);
  });

  test('missing', async () => {
    const { directory } = await threeSegments();
    await rm(join(directory, 'META'), { recursive: true });
    for (const instead of ['nothing', 'a file'] as const) {
      if (instead === 'a file') await writeFile(join(directory, 'META'), 'what is this');
      const report = await verifyFsLog(directory);
      expect(report.problems).toMatchObject([{ kind: 'meta-missing', segment: 'META' }]);
      expect([report.records, report.isReadable]).toEqual([30, false]);
    }
  });

  test('an older copy, and that of another log', async () => {
    const directory = await temporaryDirectory();
    const kept = join(await temporaryDirectory(), 'META');
    const log = await openLog(directory);
    await fill(log, 5);
    await cp(join(directory, 'META'), kept, { recursive: true });
    await log.roll();
    await fill(log, 5);
    await log.close();
    const latest = join(await temporaryDirectory(), 'META');
    await rename(join(directory, 'META'), latest);
    await cp(kept, join(directory, 'META'), { recursive: true });
    const stale = await verifyFsLog(directory);
    expect(stale.problems).toMatchObject([{ kind: 'meta-stale', severity: 'loss' }]);
    expect([stale.nextId, stale.records]).toEqual([11, 10]);
    await rm(join(directory, 'META'), { recursive: true });
    const other = await threeSegments();
    await cp(join(other.directory, 'META'), join(directory, 'META'), { recursive: true });
    const foreign = await verifyFsLog(directory);
    expect(foreign.problems).toMatchObject([{ kind: 'meta-foreign', severity: 'loss' }]);
    expect([foreign.nextId, foreign.records]).toEqual([11, 10]);
  });

  test('an owner that was fenced, with nobody after it, is a note', async () => {
    const { directory } = await threeSegments();
    const fenced = `${metaPath(directory)}.fenced`;
    await rename(metaPath(directory), fenced);
    const report = await verifyFsLog(directory);
    const segment = `META/${basename(fenced)}`;
    expect(report.problems).toMatchObject([{ kind: 'meta-fenced', severity: 'note', segment }]);
    expect(report.records).toBe(30);
    expect((await openLog(directory, { readOnly: true })).lastId).toBe(30);
    expect((await openLog(directory)).lastId).toBe(30);
    expect((await verifyFsLog(directory)).problems).toEqual([]);
  });

  test('copies that an owner was making when it was cut off are not the log', async () => {
    const { directory, names } = await threeSegments();
    await (await openLog(directory)).close();
    const { epoch } = await readMeta(directory);
    const tail = await readSegment(directory, names[2] as string);
    const sequence = epoch * 2 ** 24 + 1;
    const copied = { sequence, predecessor: tail.header.sequence, firstId: 29 };
    const left = await writeSegment(directory, copied, [recordOf(29).data]);
    const report = await verifyFsLog(directory);
    expect(report.problems).toMatchObject([{ kind: 'garbage-segment', segment: left }]);
    expect(report).toMatchObject({ records: 30, nextId: 31, isReadable: true });
    // Nor are they without META, as long as the segment before has more.
    await rename(join(directory, 'META'), join(await temporaryDirectory(), 'META'));
    expect(await verifyFsLog(directory)).toMatchObject({ records: 30, nextId: 31 });
    await rm(join(directory, left));
    const written = [29, 30, 31].map((id) => recordOf(id).data);
    const meta = {
      uuid: tail.header.uuid,
      epoch,
      owner: new Uint8Array(8),
      metadata: new Uint8Array(0),
    };
    await writeSegment(directory, copied, written, meta);
    expect(await verifyFsLog(directory)).toMatchObject({ records: 31, nextId: 32 });
  });
});
