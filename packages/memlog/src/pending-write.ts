import type { LogError } from '@wal/core';
import type { Write } from './write.ts';

/** A write that its caller waits for. */
export class PendingWrite<Result = unknown> {
  readonly write: Write;
  /** Why it will be rejected, when its turn comes; until then `undefined`. */
  failure: LogError | undefined;
  /** What the caller gets. Aborting rejects it, and leaves the write alone (ABORT-2). */
  readonly promise: Promise<Result>;
  readonly #result: Result;
  readonly #signal: AbortSignal | undefined;
  #resolve!: (result: Result) => void;
  #reject!: (reason: unknown) => void;

  constructor(write: Write, result: Result, signal: AbortSignal | undefined) {
    this.write = write;
    this.#result = result;
    this.#signal = signal;
    this.promise = new Promise<Result>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Rejects the caller once its signal aborts. Call it last: a signal's methods may be the caller's, and write. */
  watch(): void {
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Rejects the caller with `failure`, or else resolves it. */
  settle(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    if (this.failure === undefined) this.#resolve(this.#result);
    else this.#reject(this.failure);
  }

  readonly #onAbort = (): void => this.#reject(this.#signal?.reason);
}
