import { expect, test } from 'vitest';
import { mutatedFsLog } from './crash/mutated-fs-log.ts';
import { rejection } from './support/errors.ts';
import { fill, readAll, recordOf, recordsOf } from './support/records.ts';
import { temporaryDirectory } from './support/temporary-log.ts';

test('a handle whose segment numbers are used up writes no more, and the next one has its own', async () => {
  const sources = await mutatedFsLog();
  try {
    // Three segments for each epoch.
    const { openFsLog: openLog } = await sources.load([
      {
        file: 'segment/segment-name.ts',
        from: 'const SEGMENTS_PER_EPOCH = 2 ** 24;',
        to: 'const SEGMENTS_PER_EPOCH = 4;',
      },
    ]);
    const directory = await temporaryDirectory();
    const log = await openLog(directory);
    await fill(log, 1);
    await log.roll();
    await fill(log, 1);
    const error = await rejection(log.truncate(1), 'ERR_LOG_FAILED');
    expect(error.message).toContain('the segment numbers of this epoch are used up');
    await rejection(log.append(recordOf(3)), 'ERR_LOG_FAILED');
    await log.close();
    const again = await openLog(directory);
    await again.truncate(1);
    await fill(again, 2);
    expect(await readAll(again)).toEqual(recordsOf(1, 3));
    await again.close();
  } finally {
    await sources.remove();
  }
});
