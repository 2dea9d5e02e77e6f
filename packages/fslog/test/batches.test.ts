import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { readSegment } from './support/log-files.ts';
import { openLog, temporaryDirectory } from './support/temporary-log.ts';

const KIB = 1024;
const SEED_BYTES = 251;

/** Bytes that tell one record from another. */
function recordOf(id: number, length: number): Uint8Array {
  return new Uint8Array(length).map((_, i) => (id * 7 + i) % SEED_BYTES);
}

async function batchesOf(directory: string) {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.wal'));
  const [name = ''] = names;
  expect(names).toHaveLength(1);
  return (await readSegment(directory, name)).batches;
}

describe('the batches of a group', () => {
  test('APPEND-1 appends of one group are in batches of 32 KiB, a record counted 64 bytes more, one write and one order of ids', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory);
    const records = Array.from({ length: 300 }, (_, i) => recordOf(i + 1, KIB));
    const results = await Promise.all(records.map((record) => log.append(record)));
    expect(results.map(({ firstId }) => firstId)).toEqual(records.map((_, i) => i + 1));
    await log.close();
    const batches = await batchesOf(directory);
    expect(batches.map(({ recordCount }) => recordCount)).toEqual(Array(10).fill(30));
    // One group: nothing of it was durable when it was written.
    expect(new Set(batches.map(({ durableOffset }) => durableOffset)).size).toBe(1);
    const reopened = await openLog(directory);
    for (const id of [1, 30, 31, 60, 61, 270, 271, 300]) {
      expect((await reopened.get(id)).data).toEqual(records[id - 1]);
    }
    let id = 0;
    for await (const record of reopened.iterator()) {
      id++;
      expect(record).toEqual({ id, data: records[id - 1] });
    }
    expect(id).toBe(300);
  });

  test('APPEND-2 an append is in one batch, however large, and what follows it in another', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory);
    const large = Array.from({ length: 100 }, (_, i) => recordOf(i, KIB));
    await Promise.all([log.append(recordOf(0, 5)), log.append(large), log.append(recordOf(0, 6))]);
    await log.close();
    const counts = (await batchesOf(directory)).map(({ recordCount }) => recordCount);
    expect(counts).toEqual([1, 100, 1]);
  });

  test('small segments have small batches, the last of a segment included', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory, { segmentBytes: 4 * KIB });
    await Promise.all(Array.from({ length: 8 }, (_, i) => log.append(recordOf(i, 60))));
    await log.close();
    const counts = (await batchesOf(directory)).map(({ recordCount }) => recordCount);
    expect(counts).toEqual([2, 2, 2, 2]);
  });
});
