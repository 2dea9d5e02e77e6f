import { verifyFsLog } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import { fill } from './support/records.ts';
import { openLog, temporaryDirectory } from './support/temporary-log.ts';
import { WatchedDisk } from './support/watched-disk.ts';
import { threeSegments } from './verification/three-segments.ts';

describe('beside a writer', () => {
  test('that appends, rolls, truncates and trims there are only notes', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory, { segmentBytes: 16_384 });
    await fill(log, 20, 500);
    const stop = new AbortController();
    const writing = (async () => {
      for (let round = 1; !stop.signal.aborted; round++) {
        await fill(log, 5, 500);
        if (round % 3 === 0) await log.truncate(log.nextId - 4);
        if (round % 4 === 0) await log.trim(log.nextId - 15);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    })();
    const seen = new Set<number>();
    try {
      for (let i = 0; i < 60 || seen.size <= 5; i++) {
        const report = await verifyFsLog(directory);
        const found = report.problems.filter(({ severity }) => severity !== 'note');
        expect(found, `look ${i}`).toEqual([]);
        expect(report.isReadable).toBe(true);
        seen.add(report.nextId);
      }
    } finally {
      stop.abort();
      await writing;
    }
    await log.close();
  });

  test('it takes no lock and opens nothing for writing', async () => {
    const { directory } = await threeSegments();
    const writer = await openLog(directory);
    await fill(writer, 1);
    const disk = new WatchedDisk();
    expect((await verifyFsLog(directory, { disk })).nextId).toBe(32);
    const changing = ['create', 'write', 'truncate', 'rename', 'remove', 'lock', 'makeDirectory'];
    expect(disk.calls.filter(({ operation }) => changing.includes(operation))).toEqual([]);
    expect(disk.openFiles).toBe(0);
  });
});
