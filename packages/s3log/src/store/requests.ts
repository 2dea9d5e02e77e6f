import { LogError } from '@wal/core';
import { Backoff } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Entropy } from '../runtime/entropy.ts';
import type {
  ByteRange,
  ListOptions,
  ObjectEntry,
  ObjectStore,
  RequestOptions,
} from './object-store.ts';
import { isWorthRepeating, StoreError } from './store-error.ts';

/** The waits between attempts. */
const FIRST_WAIT_MS = 50;
const MOST_WAIT_MS = 5_000;
/** What a body adds to the time limit of its request: slower than this, in bytes a millisecond, counts as hung. */
const SLOWEST = 1_000;
/** So many times the first limit is the most that a repeated attempt gets. */
const MOST_PATIENCE = 16;
/** More than this no timer of the machine takes: it would go off at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** How long things may take. */
export interface TimeLimits {
  /** One attempt; then the request counts as lost, and is sent again. */
  readonly requestTimeoutMs: number;
  /** All attempts of a step; then the operation fails. */
  readonly giveUpAfterMs: number;
}

/** What the log asks of a store: each attempt bounded in time, and repeated where that cannot do harm. */
export class Requests {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly limits: TimeLimits;
  readonly #store: ObjectStore;
  #isEnded = false;

  constructor(store: ObjectStore, clock: Clock, entropy: Entropy, limits: TimeLimits) {
    this.#store = store;
    this.clock = clock;
    this.entropy = entropy;
    this.limits = limits;
  }

  /** One attempt, since only the caller knows what to do when its outcome is unknown. */
  put(key: string, body: Uint8Array): Promise<'created' | 'exists'> {
    return this.putting(key, body)();
  }

  /**
   * A put, to be called for each attempt. After one that had no answer in time the next gets twice as much: what is sent
   * at once shares the way to the store, and would not arrive however often it was sent again.
   */
  putting(key: string, body: Uint8Array): () => Promise<'created' | 'exists'> {
    const firstLimitMs = this.limits.requestTimeoutMs + body.length / SLOWEST;
    let limitMs = firstLimitMs;
    const attempt = (options: RequestOptions): Promise<'created' | 'exists'> =>
      this.#store.putIfAbsent(key, body, options);
    const onTimeUp = (): void => {
      limitMs = longer(limitMs, firstLimitMs);
    };
    return () => this.#attempt(attempt, limitMs, onTimeUp);
  }

  /** Puts an object under a key that nobody else uses: any attempt that was done will do. @throws LogError `ERR_LOG_FAILED` */
  async putFresh(key: string, body: Uint8Array): Promise<void> {
    const limitMs = this.limits.requestTimeoutMs + body.length / SLOWEST;
    const put = (options: RequestOptions): Promise<unknown> =>
      this.#store.putIfAbsent(key, body, options);
    await this.repeated(`put of ${key}`, put, limitMs);
  }

  /** An object, or a part of it; `undefined` if there is none. @throws LogError `ERR_LOG_FAILED` */
  async get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    return await this.repeated(`get of ${key}`, async (options) => {
      const object = await this.#store.get(key, Object.assign(options, { range }));
      if (object === undefined) return undefined;
      const { body, size } = object;
      const end = range === undefined ? size : Math.min(size, range.offset + range.length);
      if (body.length === Math.max(0, end - (range?.offset ?? 0))) return body;
      throw new StoreError('unavailable', `${body.length} bytes came, of an object of ${size}`);
    });
  }

  /** @throws LogError `ERR_LOG_FAILED` */
  async list(prefix: string, options: ListOptions = {}): Promise<readonly ObjectEntry[]> {
    return await this.repeated(`listing of ${prefix}`, (bounded) =>
      this.#store.list(prefix, Object.assign(bounded, options)),
    );
  }

  /** One attempt: what is left is found again by the next collection. @throws LogError `ERR_LOG_FAILED` */
  async delete(keys: readonly string[]): Promise<void> {
    try {
      await this.#attempt((options) => this.#store.delete(keys, options));
    } catch (error) {
      throw failed(`delete of ${keys.length} objects`, error);
    }
  }

  /** What was asked for ahead, and nobody needs any more, is not asked for again. */
  end(): void {
    this.#isEnded = true;
  }

  /** Waits between attempts that begin short. */
  backoff(): Backoff {
    return new Backoff(this.clock, this.entropy, FIRST_WAIT_MS, MOST_WAIT_MS);
  }

  /** Milliseconds since some moment: for time limits, which a clock that is set must not move. */
  elapsedMs(): number {
    return this.clock.elapsed?.() ?? this.clock.now();
  }

  /** When to give up what begins now, for `isOver`. */
  deadline(): number {
    return this.elapsedMs() + this.limits.giveUpAfterMs;
  }

  isOver(deadline: number): boolean {
    return this.elapsedMs() >= deadline;
  }

  /** Repeats what has no effect, or the same effect each time. @throws LogError `ERR_LOG_FAILED` */
  async repeated<T>(
    what: string,
    attempt: (options: RequestOptions) => Promise<T>,
    firstLimitMs: number = this.limits.requestTimeoutMs,
  ): Promise<T> {
    const deadline = this.deadline();
    const backoff = this.backoff();
    // Nobody knows how large what comes is: each attempt gets more time.
    for (let limitMs = firstLimitMs; ; limitMs = longer(limitMs, firstLimitMs)) {
      let last: unknown;
      try {
        return await this.#attempt(attempt, limitMs);
      } catch (error) {
        if (!isWorthRepeating(error) || this.isOver(deadline)) throw failed(what, error);
        last = error;
      }
      if (!this.#isEnded) await backoff.wait();
      if (this.#isEnded) throw failed(what, last);
    }
  }

  /** Rejects once time is up, whether or not the store has given up by then. */
  #attempt<T>(
    attempt: (options: RequestOptions) => Promise<T>,
    limitMs = this.limits.requestTimeoutMs,
    onTimeUp = (): void => undefined,
  ): Promise<T> {
    let over: AbortController | undefined;
    let error: StoreError | undefined;
    const options = {
      // Made for stores that ask: it costs more than the rest of an attempt. Of its own, so that a copy has it, too.
      get signal(): AbortSignal {
        over ??= new AbortController();
        if (error !== undefined) over.abort(error);
        return over.signal;
      },
    };
    return new Promise((resolve, reject) => {
      const answer = attempt(options);
      const endTimer = this.clock.after(Math.min(limitMs, LONGEST_MS), () => {
        error = new StoreError('unavailable', 'no answer in time');
        onTimeUp();
        over?.abort(error);
        reject(error);
      });
      const ending =
        <Outcome>(settle: (outcome: Outcome) => void) =>
        (outcome: Outcome): void => {
          endTimer();
          settle(outcome);
        };
      answer.then(ending(resolve), ending(reject));
    });
  }
}

/** The time limit of the attempt after one with this limit. */
function longer(limitMs: number, firstLimitMs: number): number {
  return Math.min(limitMs * 2, firstLimitMs * MOST_PATIENCE);
}

/** The error of an operation whose store failed; that of a log stays as it is. */
export function failed(what: string, cause: unknown): LogError {
  if (cause instanceof LogError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new LogError('ERR_LOG_FAILED', `${what} failed: ${reason}`, { cause });
}
