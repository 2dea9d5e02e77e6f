import { isLogError } from '@wal/core';
import type { FsLog } from '@wal/fslog';
import { appended, trimmed, truncated } from './log-state.ts';
import type { Operation, Oracle, Outcome } from './oracle.ts';
import { type SimRandom, settle } from './sim-disk.ts';
import type { VirtualTimers } from './virtual-timers.ts';

let serial = 0;

/** Uses a log as many callers at once would, at random. */
export class Program {
  readonly #log: FsLog;
  readonly #oracle: Oracle;
  readonly #random: SimRandom;
  readonly #timers: VirtualTimers;
  #inFlight: Promise<void>[] = [];
  #failure: unknown;
  /** Whether the log said that it writes no more. */
  isPoisoned = false;

  constructor(log: FsLog, oracle: Oracle, random: SimRandom, timers: VirtualTimers) {
    this.#log = log;
    this.#oracle = oracle;
    this.#random = random;
    this.#timers = timers;
  }

  /** Issues some operations, waiting for all, some or none in between; resolves when they have settled. */
  async run(isOver: () => boolean): Promise<void> {
    const count = this.#random.integer(1, 24);
    for (let i = 0; i < count && !isOver(); i++) {
      this.#issue();
      if (this.#random.chance(0.4)) await this.#all();
      else if (this.#random.chance(0.5)) await settle();
      if (this.#failure !== undefined) throw this.#failure;
      if (this.isPoisoned && this.#random.chance(0.5)) break;
    }
    await this.#all();
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#random.chance(0.5)) this.#timers.fire();
  }

  async #all(): Promise<void> {
    const { length } = this.#inFlight;
    await Promise.all(this.#inFlight.slice(0, length));
    this.#inFlight = this.#inFlight.slice(length);
  }

  #issue(): void {
    const kind = this.#random.integer(0, 19);
    if (kind <= 9) this.#append();
    else if (kind <= 12) this.#truncate();
    else if (kind <= 14) this.#trim();
    else if (kind <= 15) this.#barrier('roll', () => this.#log.roll());
    else if (kind <= 16) this.#barrier('sync', () => this.#log.sync());
    else if (kind <= 17) this.#read();
    else this.#timers.fire();
  }

  #append(): void {
    const random = this.#random;
    const isBatch = random.chance(0.3);
    const records = Array.from({ length: isBatch ? random.integer(0, 5) : 1 }, () =>
      this.#record(),
    );
    const text = `append ${records.length} at ${this.#log.nextId}`;
    const operation = this.#oracle.begin(text, 'append', (state) =>
      records.length === 0 ? state : appended(state, records),
    );
    const input = isBatch
      ? records.map((record) => record.slice())
      : (records[0] as Uint8Array).slice();
    const firstId = this.#log.nextId;
    this.#follow(operation, this.#log.append(input), ({ firstId: given }) => {
      if (given !== firstId) throw new Error(`${text} was given ${given}`);
    });
    // The log keeps no reference to the caller's bytes (APPEND-4).
    for (const bytes of Array.isArray(input) ? input : [input]) bytes.fill(0xee);
  }

  #truncate(): void {
    const { nextId } = this.#log;
    const k = this.#random.integer(Math.max(-1, nextId - 12), nextId + 1);
    const operation = this.#oracle.begin(`truncate ${k}`, 'truncate', (state) =>
      truncated(state, k),
    );
    this.#follow(operation, this.#log.truncate(k));
  }

  #trim(): void {
    const random = this.#random;
    const { nextId } = this.#log;
    const k = random.integer(Math.max(0, nextId - 15), nextId + (random.chance(0.15) ? 4 : -1));
    const operation = this.#oracle.begin(`trim ${k}`, 'trim', (state) => trimmed(state, k));
    this.#follow(operation, this.#log.trim(k));
  }

  #barrier(text: string, call: () => Promise<void>): void {
    this.#follow(
      this.#oracle.begin(text, 'barrier', (state) => state),
      call(),
    );
  }

  /** A read beside writes: an intact record of that id, or a reason why not. */
  #read(): void {
    const { firstId, lastId } = this.#log;
    if (firstId === undefined || lastId === undefined) return;
    const id = this.#random.integer(firstId, lastId);
    const read = this.#log.get(id).then(
      (record) => {
        if (record.id !== id) throw new Error(`get ${id} gave ${record.id}`);
      },
      (error: unknown) => {
        const isExcused =
          isLogError(error, 'ERR_LOG_TRIMMED') ||
          isLogError(error, 'ERR_LOG_NOT_FOUND') ||
          (error as { errno?: number }).errno !== undefined;
        if (!isExcused) throw error;
      },
    );
    this.#inFlight.push(read.catch((error: unknown) => this.#fail(error)));
  }

  #follow<T>(operation: Operation, promise: Promise<T>, check?: (result: T) => void): void {
    const wasPoisoned = this.isPoisoned;
    const followed = promise.then(
      (result) => {
        this.#oracle.end(operation, 'done');
        check?.(result);
      },
      (error: unknown) => {
        this.#oracle.end(operation, this.#outcome(operation, error, wasPoisoned));
      },
    );
    this.#inFlight.push(followed.catch((error: unknown) => this.#fail(error)));
  }

  #outcome(operation: Operation, error: unknown, wasPoisoned: boolean): Outcome {
    if (isLogError(error, 'ERR_LOG_NO_SPACE')) return 'absent';
    const isUnknown = isLogError(error, 'ERR_LOG_OUTCOME_UNKNOWN');
    if (
      !isUnknown &&
      !isLogError(error, 'ERR_LOG_FAILED') &&
      !isLogError(error, 'ERR_LOG_FENCED')
    ) {
      throw error;
    }
    this.isPoisoned = true;
    if (isUnknown) return 'unknown';
    // A truncate or trim that failed while META was written may come back; a later one was not begun.
    return operation.kind === 'append' || wasPoisoned ? 'absent' : 'unknown';
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
  }

  #record(): Uint8Array {
    const random = this.#random;
    const length = random.chance(0.05) ? 0 : random.integer(1, random.chance(0.1) ? 1500 : 120);
    const data = new Uint8Array(length);
    const tag = ++serial;
    for (let i = 0; i < length; i++) data[i] = (tag >>> (8 * (i % 3))) ^ (i * 7);
    return data;
  }
}
