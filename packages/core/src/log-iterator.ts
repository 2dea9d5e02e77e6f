import { abortable } from './abortable.ts';
import { checkIteratorOptions } from './arguments.ts';
import type { IteratorOptions, LogIterator } from './log.ts';
import { LogCursor, type LogView } from './log-cursor.ts';
import type { LogRecord } from './record.ts';

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * The iterator of any log that can show itself as a {@link LogView}: order, end, follow, abort, and what
 * truncates and trims mean to a reader are all decided here, the same for every backend.
 * @throws LogError `ERR_LOG_INVALID_ARGUMENT`
 */
export function createLogIterator(view: LogView, options: IteratorOptions = {}): LogIterator {
  checkIteratorOptions(options);
  return new CursorIterator(view, options);
}

class CursorIterator implements LogIterator {
  readonly #stop = new AbortController();
  readonly #cursor: LogCursor;
  readonly #signal: AbortSignal | undefined;
  #records: readonly LogRecord[] = [];
  #index = 0;
  #done = false;
  #failure: { readonly error: unknown } | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #pending = 0;

  constructor(view: LogView, options: IteratorOptions) {
    this.#cursor = new LogCursor(view, options, this.#stop.signal);
    this.#signal = options.signal;
    if (this.#signal?.aborted === true) this.#abort();
    else this.#signal?.addEventListener('abort', this.#abort, { once: true });
  }

  readonly #abort = (): void => {
    this.#failure ??= { error: this.#signal?.reason };
    this.#stop.abort(this.#signal?.reason);
  };

  next(): Promise<IteratorResult<LogRecord, undefined>> {
    // Most calls find a record that was read before: they need no queue and no second promise.
    const buffered = this.#pending === 0 ? this.#records[this.#index] : undefined;
    if (buffered !== undefined && this.#cursor.isCurrent(buffered.id)) {
      this.#index++;
      this.#cursor.deliver(buffered.id);
      return Promise.resolve({ done: false, value: buffered });
    }
    return this.#inOrder(async () => {
      if (!(await this.#fill())) return DONE;
      const value = this.#records[this.#index++] as LogRecord;
      this.#cursor.deliver(value.id);
      return { done: false, value };
    });
  }

  nextBatch(): Promise<readonly LogRecord[]> {
    return this.#inOrder(async () => {
      if (!(await this.#fill())) return [];
      const batch = this.#index === 0 ? this.#records : this.#records.slice(this.#index);
      this.#index = this.#records.length;
      this.#cursor.deliver((batch.at(-1) as LogRecord).id);
      return batch;
    });
  }

  return(): Promise<IteratorResult<LogRecord, undefined>> {
    this.#done = true;
    this.#failure = undefined;
    this.#release();
    this.#stop.abort();
    return Promise.resolve(DONE);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Runs calls one after the other (ITERATE-5); the usual lone call does not wait for anything. */
  #inOrder<T>(call: () => Promise<T>): Promise<T> {
    const result = this.#pending === 0 ? call() : this.#last.then(call, call);
    this.#pending++;
    const settled = (): void => {
      this.#pending--;
    };
    this.#last = result.then(settled, settled);
    return result;
  }

  #release(): void {
    this.#records = [];
    this.#signal?.removeEventListener('abort', this.#abort);
  }

  /** Makes `#records[#index]` the next record to deliver; false at the end. */
  async #fill(): Promise<boolean> {
    if (this.#done) return false;
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      const next = this.#records[this.#index];
      if (next !== undefined && this.#cursor.isCurrent(next.id)) return true;
      this.#records = await abortable(this.#cursor.read(), this.#stop.signal);
      this.#index = 0;
    } catch (error) {
      if (this.#done) return false;
      this.#release();
      this.#failure ??= { error };
      throw this.#failure.error;
    }
    // `return` may have been called while this waited.
    if (this.#done) return false;
    if (this.#records.length > 0) return true;
    await this.return();
    return false;
  }
}
