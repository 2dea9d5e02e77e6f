import { type Clock, sleep } from './clock.ts';
import type { Entropy } from './entropy.ts';

/** Waits between attempts: each about twice as long as the one before, at random from half of that on. */
export class Backoff {
  readonly #clock: Clock;
  readonly #entropy: Entropy;
  readonly #mostMs: number;
  #ms: number;

  constructor(clock: Clock, entropy: Entropy, firstMs: number, mostMs: number) {
    this.#clock = clock;
    this.#entropy = entropy;
    this.#ms = firstMs;
    this.#mostMs = mostMs;
  }

  async wait(): Promise<void> {
    await sleep(this.#clock, this.next());
  }

  /** How long the next wait is, in ms, for those who wait for something else as well. */
  next(): number {
    const ms = this.#ms * (0.5 + this.#entropy.fraction() / 2);
    this.#ms = Math.min(this.#ms * 2, this.#mostMs);
    return ms;
  }
}
