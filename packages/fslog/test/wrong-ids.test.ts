import { expect, test } from 'vitest';
import { mutatedFsLog } from './crash/mutated-fs-log.ts';
import { rejection } from './support/errors.ts';
import { readAll, recordOf, recordsOf } from './support/records.ts';
import { openLog, temporaryDirectory } from './support/temporary-log.ts';

test('ORDER-3 what has other ids than it was given is not written, whatever bug gave them', async () => {
  const sources = await mutatedFsLog();
  try {
    // NextId stays behind after a batch.
    const { openFsLog: openBuggy } = await sources.load([
      {
        file: 'write/writable-log.ts',
        from: 'this.#nextId = firstId + records.length;',
        to: 'this.#nextId = firstId + 1;',
      },
    ]);
    const directory = await temporaryDirectory();
    const log = await openBuggy(directory);
    await log.append([recordOf(1).data, recordOf(2).data]);
    const error = await rejection(log.append(recordOf(3).data), 'ERR_LOG_FAILED');
    expect(error.message).toContain('records from id 2 on, where 3 is the next id');
    await rejection(log.append(recordOf(3).data), 'ERR_LOG_FAILED');
    await log.close();
    expect(await readAll(await openLog(directory))).toEqual(recordsOf(1, 2));
  } finally {
    await sources.remove();
  }
});
