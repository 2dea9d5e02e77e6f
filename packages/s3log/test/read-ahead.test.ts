import { setImmediate as turn } from 'node:timers/promises';
import { createMemoryStore, type ObjectStore, openS3Log, type S3Log } from '@wal/s3log';
import { afterEach, beforeEach, expect, it } from 'vitest';

const CHUNKS = 40;
/** A record a chunk, and 128 bytes of header, 64 of the batch's, and 8 for the lengths of its records. */
const RECORD = Buffer.alloc(800);
const CHUNK_BYTES = 1_000;

/** A store that keeps the answers of gets of whole chunks back until they are let go. */
class HeldStore {
  readonly store: ObjectStore;
  /** Such gets so far. */
  asked = 0;
  readonly #held: (() => void)[] = [];
  #holds = false;

  constructor(inner: ObjectStore) {
    this.store = {
      ...inner,
      get: async (key, options) => {
        if (this.#holds && key.startsWith('d/') && options?.range === undefined) {
          this.asked++;
          await new Promise<void>((resolve) => this.#held.push(resolve));
        }
        return await inner.get(key, options);
      },
    };
  }

  hold(): void {
    this.#holds = true;
  }

  letGo(): void {
    this.#holds = false;
  }

  /** Answers all, or so many of those that came first, and lets happen whatever comes of it. */
  async answer(count = this.#held.length): Promise<void> {
    for (const answer of this.#held.splice(0, count)) answer();
    await turn();
  }
}

let held: HeldStore;
const logs: S3Log[] = [];

const open = async (options: object = {}): Promise<S3Log> => {
  const log = await openS3Log({ store: held.store, chunkBytes: 1, ...options });
  logs.push(log);
  return log;
};

beforeEach(async () => {
  held = new HeldStore(createMemoryStore());
  const log = await open();
  await Promise.all(Array.from({ length: CHUNKS }, () => log.append(RECORD)));
  await log.close();
});

afterEach(async () => {
  held.letGo();
  await held.answer();
  for (const log of logs.splice(0)) await log.close();
});

for (const readOnly of [true, false]) {
  const how = readOnly ? 'reading' : 'writing';

  it(`a replay of a log opened for ${how} asks for the first five chunks at once, and for more with each`, async () => {
    const log = await open({ readOnly });
    held.hold();
    const records = log.iterator();
    const first = records.next();
    await turn();
    expect(held.asked).toBe(5);
    await held.answer(1);
    await first;
    expect(held.asked).toBe(9);
    const second = records.next();
    await held.answer(1);
    await second;
    expect(held.asked).toBe(18);
  });

  it(`a get, or a read of one chunk, of a log opened for ${how} asks for one`, async () => {
    const log = await open({ readOnly });
    held.hold();
    const got = log.get(7);
    await turn();
    expect(held.asked).toBe(1);
    await held.answer();
    await got;
    const read = log.iterator({ start: 20, end: 20 }).nextBatch();
    await turn();
    expect(held.asked).toBe(2);
    await held.answer();
    await read;
    expect(held.asked).toBe(2);
  });

  it(`a reader of a log opened for ${how} that stops has asked for no more than that`, async () => {
    const log = await open({ readOnly });
    held.hold();
    const records = log.iterator();
    const first = records.next();
    await turn();
    await held.answer(1);
    await first;
    await records.return();
    await held.answer();
    expect(held.asked).toBe(9);
  });
}

it('a reader asks ahead in an epoch that has grown and was sealed since it was opened', async () => {
  const writer = await open();
  await writer.append(RECORD);
  const reader = await open({ readOnly: true });
  await Promise.all(Array.from({ length: CHUNKS }, () => writer.append(RECORD)));
  await writer.close();
  const { lastId: last } = await (await open()).append(RECORD);
  while (reader.lastId !== last) await reader.get(last).catch(() => undefined);
  held.hold();
  const records = reader.iterator({ end: last });
  let waits = 0;
  for (let id = 1; id <= last; id++) {
    let isThere = false;
    const next = records.next().then(() => {
      isThere = true;
    });
    for (await turn(); !isThere && waits < last; waits++) await held.answer();
    await next;
  }
  expect(waits).toBeLessThan(last / 4);
});

it('no more chunks are asked for at any time than fill readAheadBytes, and the one that is read', async () => {
  for (const [readAheadBytes, most] of [
    [1, 1],
    [2 * CHUNK_BYTES, 2],
    [7 * CHUNK_BYTES, 7],
  ] as const) {
    const log = await open({ readOnly: true, readAheadBytes });
    held.hold();
    held.asked = 0;
    const records = log.iterator({ end: CHUNKS });
    for (let taken = 0; taken < CHUNKS; taken++) {
      const next = records.next();
      await turn();
      expect(held.asked).toBeLessThanOrEqual(taken + 1 + most);
      await held.answer();
      await next;
    }
    expect(held.asked).toBe(CHUNKS);
    held.letGo();
  }
});
