import type { Log, LogRecord } from '@wal/core';
import type { IdRange } from './compare.ts';
import { runsOf } from './runs.ts';

/** Records of a log, one after the other. */
export class RecordCursor {
  readonly #runs: AsyncGenerator<readonly LogRecord[], void, undefined>;
  #run: readonly LogRecord[] = [];
  #at = 0;

  constructor(log: Log, { from, through }: IdRange) {
    this.#runs = runsOf(log, { start: from, end: through });
  }

  /** `undefined` at the end. Most are at hand: no promise for those, which is most of what comparing takes. */
  next(): LogRecord | undefined | Promise<LogRecord | undefined> {
    return this.#at < this.#run.length ? this.#run[this.#at++] : this.#nextOfRun();
  }

  async close(): Promise<void> {
    await this.#runs.return();
  }

  async #nextOfRun(): Promise<LogRecord | undefined> {
    const { done, value } = await this.#runs.next();
    if (done) return undefined;
    this.#run = value;
    this.#at = 1;
    return value[0];
  }
}
