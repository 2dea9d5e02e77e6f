import type { LogRecord } from '@wal/core';

/** Where an iterator that is kept open stands, and which errors its next step may meet. */
export interface HeldReader {
  readonly start: number;
  delivered: number | undefined;
  overtaken: ReadonlySet<'ERR_LOG_TRUNCATED' | 'ERR_LOG_TRIMMED'>;
}

/** The contract's states of ids, kept in an array: what a log must agree with. */
export class LogModel {
  /** The data of the ids from `trimMark + 1` to `nextId − 1`. */
  readonly #data: Uint8Array[] = [];
  trimMark: number;
  held: HeldReader | undefined;

  constructor(firstId: number) {
    this.trimMark = firstId - 1;
  }

  get nextId(): number {
    return this.trimMark + 1 + this.#data.length;
  }

  get records(): LogRecord[] {
    return this.#data.map((data, i) => ({ id: this.trimMark + 1 + i, data }));
  }

  recordOf(id: number): LogRecord | undefined {
    const data = this.#data[id - this.trimMark - 1];
    return data === undefined ? undefined : { id, data };
  }

  append(batch: readonly Uint8Array[]): void {
    this.#data.push(...batch);
  }

  truncate(lastToKeep: number): void {
    const kept = Math.max(lastToKeep, this.trimMark);
    if (this.nextId - 1 <= kept) return;
    this.#data.length = kept - this.trimMark;
    if ((this.held?.delivered ?? -1) > kept) this.#overtake('ERR_LOG_TRUNCATED');
  }

  trim(discardUpTo: number): void {
    if (discardUpTo <= this.trimMark) return;
    this.#data.splice(0, discardUpTo - this.trimMark);
    this.trimMark = discardUpTo;
    const delivered = this.held?.delivered;
    if (delivered !== undefined && delivered < discardUpTo) this.#overtake('ERR_LOG_TRIMMED');
  }

  #overtake(code: 'ERR_LOG_TRUNCATED' | 'ERR_LOG_TRIMMED'): void {
    if (this.held !== undefined) this.held.overtaken = new Set([...this.held.overtaken, code]);
  }
}
