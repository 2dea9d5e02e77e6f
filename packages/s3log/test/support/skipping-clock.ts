import type { Clock } from '@wal/s3log';

/** The longest wait between two attempts. What is longer is a time limit of a request. */
const LONGEST_WAIT_MS = 5_000;

/** A clock that can pass over waits: they take a turn, and afterwards it is as late as if they had taken their time. */
export class SkippingClock implements Clock {
  /** Whether it does. Where nothing can come of waiting but that it is over. */
  skips = false;
  readonly #clock: Clock;
  #skippedMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now() + this.#skippedMs;
  }

  after(ms: number, call: () => void): () => void {
    if (!this.skips || ms > LONGEST_WAIT_MS) return this.#clock.after(ms, call);
    const turn = setImmediate(() => {
      this.#skippedMs += ms;
      call();
    });
    return () => clearImmediate(turn);
  }
}
