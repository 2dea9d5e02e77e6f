import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createMemLog, type MemLog } from '@wal/memlog';
import { describe, expect, test } from 'vitest';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The bytes of all buffers that are still referenced. */
async function bufferBytes(): Promise<number> {
  // Weak references and buffers die between turns of the event loop.
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
  }
  return process.memoryUsage().arrayBuffers;
}

async function filled(records: number, recordBytes: number): Promise<MemLog> {
  const log = createMemLog();
  const data = new Uint8Array(recordBytes);
  for (let i = 0; i < records; i++) await log.append(data);
  return log;
}

describe('memory comes back', () => {
  const mebibyte = 1024 * 1024;

  test.each([
    ['small', 100_000, 256],
    ['large', 200, 128 * 1024],
  ])('of %s records, when they are trimmed', async (_, records, recordBytes) => {
    const before = await bufferBytes();
    const log = await filled(records, recordBytes);
    expect((await bufferBytes()) - before).toBeGreaterThanOrEqual(records * recordBytes);
    await log.trim(records / 2);
    expect((await bufferBytes()) - before).toBeLessThan(0.55 * records * recordBytes);
    await log.trim(records - 1);
    expect((await bufferBytes()) - before).toBeLessThan(mebibyte);
    expect(log.firstId).toBe(records);
  });

  test('when records are truncated', async () => {
    const before = await bufferBytes();
    const log = await filled(200, 128 * 1024);
    await log.truncate(1);
    expect((await bufferBytes()) - before).toBeLessThan(mebibyte);
    expect(log.lastId).toBe(1);
  });

  test('of a log that goes on while it is trimmed', async () => {
    const before = await bufferBytes();
    const log = createMemLog();
    const data = new Uint8Array(1024);
    for (let i = 1; i <= 100_000; i++) {
      await log.append(data);
      if (i > 100) await log.trim(i - 100);
    }
    expect((await bufferBytes()) - before).toBeLessThan(mebibyte);
    expect(log).toMatchObject({ firstId: 99_901, lastId: 100_000 });
  });

  test('READ-4: of a delivered record only when the reader lets go of it', async () => {
    const log = await filled(10, 100_000);
    await log.append(new Uint8Array(100_000).fill(7));
    const { data } = await log.get(11);
    await log.trim(100);
    for (let i = 0; i < 100; i++) await log.append(new Uint8Array(100_000).fill(1));
    expect(data.every((byte) => byte === 7)).toBe(true);
  });
});
