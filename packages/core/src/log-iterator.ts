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
export function createLogIterator(view: LogView, options?: IteratorOptions): LogIterator {
  return new CursorIterator(view, checkIteratorOptions(options));
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
    this.#release();
    this.#stop.abort(this.#signal?.reason);
  };

  next(): Promise<IteratorResult<LogRecord, undefined>> {
    // Most calls find a record that was read before: they need no queue and no second promise.
    const buffered = this.#pending === 0 ? this.#buffered() : undefined;
    if (buffered !== undefined) return Promise.resolve(this.#takeOne(buffered));
    return this.#inOrder(() =>
      this.#take<IteratorResult<LogRecord, undefined>>(this.#takeOne, DONE),
    );
  }

  nextBatch(): Promise<readonly LogRecord[]> {
    return this.#inOrder(() => this.#take(this.#takeAll, []));
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

  readonly #takeOne = (record: LogRecord): IteratorYieldResult<LogRecord> => {
    this.#index++;
    this.#cursor.deliver(record.id);
    return { done: false, value: record };
  };

  readonly #takeAll = (): readonly LogRecord[] => {
    const batch = this.#index === 0 ? this.#records : this.#records.slice(this.#index);
    this.#index = this.#records.length;
    this.#cursor.deliver((batch.at(-1) as LogRecord).id);
    return batch;
  };

  /** The next record to deliver, if it was read before and nothing has changed since. */
  #buffered(): LogRecord | undefined {
    const record = this.#records[this.#index];
    return record !== undefined && this.#cursor.isCurrent(record.id) ? record : undefined;
  }

  /** Settles as `take` does, which is given the next record; to `end` at the end. */
  async #take<T>(take: (record: LogRecord) => T, end: T): Promise<T> {
    while (!this.#done) {
      if (this.#failure !== undefined) throw this.#failure.error;
      // Taken in the turn it was checked in: between turns a truncate, an abort or `return` may come.
      const record = this.#buffered();
      if (record !== undefined) return take(record);
      await this.#fill();
    }
    return end;
  }

  /** Reads the next records; or notes the end, or why there are none. */
  async #fill(): Promise<void> {
    try {
      const records = await abortable(this.#cursor.read(), this.#stop.signal);
      // `return` or an abort may have come while this waited.
      if (this.#done || this.#failure !== undefined) return;
      this.#records = records;
      this.#index = 0;
      if (records.length === 0) await this.return();
    } catch (error) {
      if (this.#done) return;
      this.#release();
      this.#failure ??= { error };
    }
  }
}
