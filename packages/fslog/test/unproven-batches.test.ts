import { appendFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { rejection } from './support/errors.ts';
import { leftBehind } from './support/left-behind.ts';
import { batchesBehind, readSegment } from './support/log-files.ts';
import { ids, readIds } from './support/records.ts';
import { openLog } from './support/temporary-log.ts';

/** 72 bytes each: some are the first that an entry of the index stands for. */
const COUNT = 200;

describe('READ-1 of batches that are there a reader shows those that one states to be durable', () => {
  test('wherever they end', async () => {
    const { directory, tail } = await leftBehind();
    await appendFile(
      tail.path,
      batchesBehind(tail, COUNT, () => tail.header.headerBytes),
    );
    const reader = await openLog(directory, { readOnly: true });
    expect(await readIds(reader)).toEqual(ids(1, 4));
    for (let proven = 6; proven < COUNT; proven += 7) {
      const whole = await readSegment(directory, tail.name);
      const { byteOffset } = whole.batches[proven] ?? { byteOffset: 0 };
      // Durable up to there, up to the middle of the next one, and no more than that.
      for (const stated of [byteOffset, byteOffset + 8, byteOffset - 8]) {
        const now = await readSegment(directory, tail.name);
        await appendFile(
          tail.path,
          batchesBehind(now, 1, () => stated),
        );
        await rejection(reader.get(10_000), 'ERR_LOG_NOT_FOUND');
        expect(reader.lastId).toBe(proven);
        const fresh = await openLog(directory, { readOnly: true });
        expect(await readIds(fresh)).toEqual(ids(1, proven));
        await fresh.close();
      }
    }
  });
});
