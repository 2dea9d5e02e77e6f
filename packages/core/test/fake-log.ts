import {
  createLogIterator,
  type IteratorOptions,
  LogError,
  type LogIterator,
  type LogRecord,
  type LogView,
  TruncationHistory,
} from '@wal/core';

/** A log that is nothing but a view: changes happen at once, reads wait when a test holds them. */
export class FakeLog implements LogView {
  readonly truncations = new TruncationHistory();
  trimMark = 0;
  /** How many records one read gives at most. */
  maxRecordsPerRead = Number.POSITIVE_INFINITY;
  reads = 0;
  refresh?: () => Promise<void>;
  #records: string[] = [];
  #closed = false;
  #wakes: (() => void)[] = [];
  #held: (() => void)[] | undefined;
  #readFailure: Error | undefined;

  get lastDurableId(): number {
    return this.trimMark + this.#records.length;
  }

  get waiting(): number {
    return this.#wakes.length;
  }

  unreadable(): LogError | undefined {
    return this.#closed ? new LogError('ERR_LOG_CLOSED', 'the log is closed') : undefined;
  }

  async read(from: number, through: number): Promise<readonly LogRecord[]> {
    this.reads++;
    const failure = this.#readFailure;
    const last = Math.min(through, from + this.maxRecordsPerRead - 1);
    const found = this.#records.slice(from - this.trimMark - 1, last - this.trimMark);
    if (this.#held !== undefined) await new Promise<void>((go) => this.#held?.push(go));
    if (failure !== undefined) throw failure;
    return found.map((text, i) => ({ id: from + i, data: new TextEncoder().encode(text) }));
  }

  changed(signal: AbortSignal): Promise<void> {
    return new Promise((wake) => {
      this.#wakes.push(wake);
      signal.addEventListener('abort', () => wake(), { once: true });
    });
  }

  append(...texts: string[]): this {
    this.#records.push(...texts);
    return this.#notify();
  }

  truncate(lastToKeep: number): this {
    if (lastToKeep >= this.lastDurableId) return this;
    this.#records.length = Math.max(0, lastToKeep - this.trimMark);
    this.truncations.record(lastToKeep);
    return this.#notify();
  }

  trim(discardUpTo: number): this {
    this.#records.splice(0, discardUpTo - this.trimMark);
    this.trimMark = Math.max(this.trimMark, discardUpTo);
    return this.#notify();
  }

  close(): this {
    this.#closed = true;
    return this.#notify();
  }

  /** From now on reads look at the log at once, but wait for `releaseReads` to answer. */
  holdReads(): void {
    this.#held = [];
  }

  releaseReads(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const go of held) go();
  }

  failReads(failure: Error | undefined): void {
    this.#readFailure = failure;
  }

  iterator(options?: IteratorOptions): LogIterator {
    return createLogIterator(this, options);
  }

  #notify(): this {
    const wakes = this.#wakes;
    this.#wakes = [];
    for (const wake of wakes) wake();
    return this;
  }
}

/** `3c` for record 3 holding "c", `end` at the end. */
export function show(result: IteratorResult<LogRecord, undefined>): string {
  return result.done === true ? 'end' : showRecord(result.value);
}

function showRecord({ id, data }: LogRecord): string {
  return `${id}${new TextDecoder().decode(data)}`;
}

/** What the next call gives: the record, `end`, the code of the error, or what else was thrown. */
export function outcome(next: Promise<IteratorResult<LogRecord, undefined>>): Promise<string> {
  return next.then(show, showError);
}

export function batchOutcome(batch: Promise<readonly LogRecord[]>): Promise<string> {
  return batch.then((records) => records.map(showRecord).join(' ') || 'end', showError);
}

export function showError(error: unknown): string {
  return error instanceof LogError ? error.code : String(error);
}

/** All that is left. */
export async function drain(iterator: LogIterator): Promise<string> {
  const shown: string[] = [];
  for await (const record of iterator) shown.push(showRecord(record));
  return shown.join(' ');
}

/** Lets everything that does not wait for the outside happen. */
export async function settle(): Promise<void> {
  await new Promise(setImmediate);
}
