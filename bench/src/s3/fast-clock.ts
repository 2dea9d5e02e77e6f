import type { Clock } from '@wal/s3log';

/** A clock that is so many times as fast as the machine's, and counts the short waits that ran their time. */
export class FastClock implements Clock {
  /** Waits of up to a second: those of a follower between two looks. */
  looks = 0;
  readonly #times: number;
  readonly #startedAt = Date.now();

  constructor(times: number) {
    this.#times = times;
  }

  now(): number {
    return this.#startedAt + (Date.now() - this.#startedAt) * this.#times;
  }

  after(ms: number, call: () => void): () => void {
    const timer = setTimeout(() => {
      if (ms <= 1000) this.looks++;
      call();
    }, ms / this.#times);
    return () => clearTimeout(timer);
  }
}
