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

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const end = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', end);
        if (ms <= 1000) this.looks++;
        resolve();
      }, ms / this.#times);
      signal?.addEventListener('abort', end, { once: true });
    });
  }
}
