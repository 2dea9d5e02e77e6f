import { type Clock, createMemoryStore, type ObjectStore, openS3Log } from '@wal/s3log';
import { expect, it } from 'vitest';

/** Time that passes when nothing else can happen: to the next moment that somebody waits for. */
class VirtualTime implements Clock {
  #now = 0;
  readonly #waits = new Set<{ readonly at: number; readonly call: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, call: () => void): () => void {
    const wait = { at: this.#now + ms, call };
    this.#waits.add(wait);
    return () => this.#waits.delete(wait);
  }

  /** Lets time pass until `promise` settles. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
    };
    promise.then(settle, settle);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (isSettled) return await promise;
      const [next] = [...this.#waits].sort((a, b) => a.at - b.at);
      if (next === undefined) throw new Error('nothing is left to wait for');
      this.#now = next.at;
      this.#waits.delete(next);
      next.call();
    }
  }
}

/** A store that takes so long for a put, and does not do one that was given up before. */
function slowStore(time: VirtualTime, putMs: number): { store: ObjectStore; attempts: string[] } {
  const memory = createMemoryStore();
  const { get, list, delete: remove } = memory;
  const attempts: string[] = [];
  const putIfAbsent: ObjectStore['putIfAbsent'] = async (key, body, { signal } = {}) => {
    attempts.push(key.slice(0, key.indexOf('/')));
    await new Promise<void>((resolve) => void time.after(putMs, resolve));
    signal?.throwIfAborted();
    return await memory.putIfAbsent(key, body);
  };
  return { store: { putIfAbsent, get, list, delete: remove }, attempts };
}

it('APPEND-1 a put that takes longer than the time limit of its first attempts is done by a later one', async () => {
  const time = new VirtualTime();
  const { store, attempts } = slowStore(time, 30_000);
  const limits = { requestTimeoutMs: 10_000, giveUpAfterMs: 60_000 };
  const creator = openS3Log({ store, clock: time, requestTimeoutMs: 100_000 }); // Puts of a probe are not repeated.
  const former = await time.until(creator);
  await time.until(former.close());
  attempts.length = 0;
  const log = await time.until(openS3Log({ store, clock: time, ...limits }));
  expect(attempts).toEqual(['root', 'root', 'root', 'd', 'd', 'd']); // A claim, then a seal.
  attempts.length = 0;
  expect(await time.until(log.append(Buffer.from('slow')))).toEqual({ firstId: 1, lastId: 1 });
  expect(attempts).toEqual(['d', 'd', 'd']);
  await time.until(log.close());
});
