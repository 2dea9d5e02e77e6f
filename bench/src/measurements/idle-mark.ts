import { setTimeout as sleep } from 'node:timers/promises';
import { BATCH_HEADER_BYTES } from '@wal/core';
import { nodeDisk } from '@wal/fslog';
import { fslog } from '../contenders/fslog.ts';
import { countingDisk } from '../disk/counting-disk.ts';
import { inTemporaryFolder } from '../disk/temporary-folder.ts';
import type { Settings } from '../measurement.ts';
import type { Figure, Unit } from '../result/figure.ts';
import { recordOf } from '../runner/record.ts';

const OFFSET_BYTES = 8;
/** A log that is left alone marks its last records long before. */
const IDLE_MS = 100;
const PAUSES = 5;

/**
 * The durable offset: its bytes in each header, and the mark that a log writes once it is left alone. It
 * is counted, not timed: nobody waits for it.
 */
export function measureIdleMark({ folder: parent, quick }: Settings): Promise<Figure[]> {
  return inTemporaryFolder(parent, async (folder) => {
    const { disk, calls } = countingDisk(nodeDisk);
    const store = await fslog('fslog', { disk, preallocate: false }).open(folder);
    const pauses = quick ? 1 : PAUSES;
    const marks = { writes: 0, writtenBytes: 0, syncs: 0 };
    for (let i = 0; i < pauses; i++) {
      await store.append(recordOf(256));
      const before = { ...calls };
      await sleep(IDLE_MS);
      marks.writes += calls.writes - before.writes;
      marks.writtenBytes += calls.writtenBytes - before.writtenBytes;
      marks.syncs += calls.syncs - before.syncs;
    }
    await store.close();
    const figure = (metric: string, unit: Unit, value: number): Figure => ({
      measurement: 'safety-cost',
      load: 'durable offset',
      contender: 'fslog',
      metric,
      unit,
      rounds: [value],
    });
    return [
      figure('bytes in each batch header', 'bytes', OFFSET_BYTES),
      figure('a whole batch header', 'bytes', BATCH_HEADER_BYTES),
      figure('writes after each burst', 'count', marks.writes / pauses),
      figure('bytes after each burst', 'bytes', marks.writtenBytes / pauses),
      figure('syncs after each burst', 'count', marks.syncs / pauses),
    ];
  });
}
