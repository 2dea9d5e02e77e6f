import type { SimRandom } from '@wal/conformance';
import type { Clock, Entropy } from '@wal/s3log';
import type { SimWorld } from './sim-world.ts';

/** A process: it can be killed, or suspended for a while, and then nothing of what it waits for reaches it. */
export class SimProcess implements Clock, Entropy {
  readonly name: string;
  readonly world: SimWorld;
  readonly #random: SimRandom;
  #suspendedUntil = 0;
  #isKilled = false;
  #onKilled = (): void => undefined;
  /** Resolves when it is killed. */
  readonly killed: Promise<void> = new Promise((resolve) => {
    this.#onKilled = resolve;
  });

  constructor(name: string, world: SimWorld, random: SimRandom) {
    this.name = name;
    this.world = world;
    this.#random = random;
  }

  get wasSuspended(): boolean {
    return this.#suspendedUntil > 0;
  }

  get isKilled(): boolean {
    return this.#isKilled;
  }

  kill(): void {
    this.#isKilled = true;
    this.#onKilled();
  }

  suspend(ms: number): void {
    this.#suspendedUntil = this.world.now + ms;
  }

  /** Calls back once the process runs, if it ever does again. */
  deliver(call: () => void): void {
    if (this.#isKilled) return;
    const wait = this.#suspendedUntil - this.world.now;
    if (wait > 0) this.world.after(wait, () => this.deliver(call));
    else call();
  }

  now(): number {
    return this.world.now;
  }

  after(ms: number, call: () => void): () => void {
    let isCancelled = false;
    const due = this.world.after(ms, () =>
      this.deliver(() => {
        if (!isCancelled) call();
      }),
    );
    return () => {
      isCancelled = true;
      due.call = undefined;
    };
  }

  /** Resolves after `ms`, or as soon as `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const end = (): void => {
        cancel();
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const cancel = this.after(ms, end);
      signal?.addEventListener('abort', end, { once: true });
    });
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#random.integer(0, 255));
  }

  fraction(): number {
    return this.#random.fraction();
  }
}
