import { createMemLog, type MemLog } from '@wal/memlog';
import { describe, expect, test } from 'vitest';

/** Enough for several of the chunks that records are kept in. */
const COUNT = 10_000;

function numbered(id: number): Uint8Array {
  return new Uint8Array(new Float64Array([id]).buffer);
}

async function filled(firstId: number): Promise<MemLog> {
  const log = createMemLog({ firstId });
  await log.append(Array.from({ length: COUNT }, (_, i) => numbered(firstId + i)));
  return log;
}

/** Reads the log both ways: every record is there, has its own bytes, and nothing else is. */
async function expectExactly(log: MemLog, firstId: number, lastId: number): Promise<void> {
  expect([log.firstId, log.lastId]).toEqual([firstId, lastId]);
  let id = firstId;
  const iterator = log.iterator();
  for (let run = await iterator.nextBatch(); run.length > 0; run = await iterator.nextBatch()) {
    for (const record of run) {
      if (record.id !== id || new Float64Array(record.data.slice().buffer)[0] !== id) {
        expect(record).toEqual({ id, data: numbered(id) });
      }
      id++;
    }
  }
  expect(id).toBe(lastId + 1);
  for (const at of [firstId, lastId, Math.floor((firstId + lastId) / 2)]) {
    expect(await log.get(at)).toEqual({ id: at, data: numbered(at) });
  }
}

describe.each([0, 1, 12_345, Number.MAX_SAFE_INTEGER - 2 * COUNT])('a log from id %d', (first) => {
  const last = first + COUNT - 1;
  const offsets = [0, 1, 2046, 2047, 2048, 2049, 4095, 4096, 5000, COUNT - 2];

  test.each(offsets)('trimmed at offset %d goes on', async (offset) => {
    const log = await filled(first);
    await log.trim(first + offset);
    await expectExactly(log, first + offset + 1, last);
    await log.append(numbered(last + 1));
    await expectExactly(log, first + offset + 1, last + 1);
  });

  test.each(offsets)('truncated at offset %d goes on', async (offset) => {
    const log = await filled(first);
    await log.truncate(first + offset);
    await expectExactly(log, first, first + offset);
    for (let id = first + offset + 1; id <= last; id++) await log.append(numbered(id));
    await expectExactly(log, first, last);
  });

  test('trimmed and truncated step by step', async () => {
    const log = await filled(first);
    for (let step = 1; step * 700 < COUNT / 2; step++) {
      await log.trim(first + step * 700 - 1);
      await log.truncate(last - step * 700);
      await expectExactly(log, first + step * 700, last - step * 700);
    }
  });
});

test('nextBatch gives long runs', async () => {
  const log = await filled(1);
  const iterator = log.iterator();
  expect((await iterator.nextBatch()).length).toBeGreaterThanOrEqual(1024);
});
