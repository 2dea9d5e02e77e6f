import { createMemoryStore, type ObjectStore, openS3Log } from '@wal/s3log';
import { expect, it } from 'vitest';

/** A store that holds the put of one key up until it is told to do it. */
class HoldingStore implements ObjectStore {
  readonly #store = createMemoryStore();
  readonly #held: string;
  release: () => void = () => undefined;
  readonly #isReleased = new Promise<void>((resolve) => {
    this.release = resolve;
  });
  puts = 0;
  underWay = 0;
  mostUnderWay = 0;

  constructor(held: string) {
    this.#held = held;
  }

  async putIfAbsent(key: string, body: Uint8Array): Promise<'created' | 'exists'> {
    this.puts++;
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
    if (key === this.#held) await this.#isReleased;
    const answer = await this.#store.putIfAbsent(key, body);
    this.underWay--;
    return answer;
  }

  get: ObjectStore['get'] = (key, options) => this.#store.get(key, options);
  list: ObjectStore['list'] = (prefix, options) => this.#store.list(prefix, options);
  delete: ObjectStore['delete'] = (keys) => this.#store.delete(keys);
}

const SLOT_0 = 'd/fffffffffffffffe/ffffffffffffffff';
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What was sent, and what was acknowledged, while the put of the first of so many chunks is held up; then after. */
async function heldUp(appends: number, maxInFlight: number) {
  const store = new HoldingStore(SLOT_0);
  const log = await openS3Log({ store, maxInFlight, chunkBytes: 1, lingerMs: 0 });
  store.puts = 0;
  store.mostUnderWay = 0;
  const acknowledged: number[] = [];
  const all = Array.from({ length: appends }, async (_, i) => {
    acknowledged.push((await log.append(Buffer.from(`${i}`))).firstId);
  });
  for (let i = 0; i < 2 * appends; i++) await turn();
  const { puts } = store;
  const before = acknowledged.length;
  store.release();
  await Promise.all(all);
  await log.close();
  const { mostUnderWay } = store;
  return { puts, before, acknowledged, mostUnderWay };
}

it('while one put is slow others go on, and none is acknowledged before it', async () => {
  const { puts, before, acknowledged, mostUnderWay } = await heldUp(40, 4);
  expect(puts).toBe(40);
  expect(before).toBe(0);
  expect(acknowledged).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  expect(mostUnderWay).toBe(4);
});

it('no slot is sent before the one 256 below it is acknowledged: an opener looks back so far for a hole', async () => {
  const { puts, before, acknowledged } = await heldUp(300, 4);
  expect(puts).toBe(256);
  expect(before).toBe(0);
  expect(acknowledged).toHaveLength(300);
});
