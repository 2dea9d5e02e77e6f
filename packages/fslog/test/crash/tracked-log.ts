import { isLogError } from '@wal/core';
import type { FsLog } from '@wal/fslog';
import { appended, trimmed, truncated } from './log-state.ts';
import type { Operation, Oracle, Outcome } from './oracle.ts';

/** A log whose operations an oracle hears of: when they are called, and how they end. */
export class TrackedLog {
  readonly log: FsLog;
  readonly #oracle: Oracle;
  #inFlight: Promise<void>[] = [];
  #failure: unknown;
  /** Whether the log said that it writes no more. */
  isPoisoned = false;

  constructor(log: FsLog, oracle: Oracle) {
    this.log = log;
    this.#oracle = oracle;
  }

  /** Throws what went wrong so far, that no error code excuses. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Resolves when all that was called before has settled. */
  async settled(): Promise<void> {
    const { length } = this.#inFlight;
    await Promise.all(this.#inFlight.slice(0, length));
    this.#inFlight = this.#inFlight.slice(length);
    this.check();
  }

  /** Appends, in one call; a single record not in an array unless `isBatch`. */
  append(records: readonly Uint8Array[], isBatch = records.length !== 1): void {
    const firstId = this.log.nextId;
    const text = `append ${records.length} at ${firstId}`;
    const operation = this.#oracle.begin(text, 'append', (state) =>
      records.length === 0 ? state : appended(state, records),
    );
    const copies = records.map((record) => record.slice());
    const result = this.log.append(isBatch ? copies : (copies[0] as Uint8Array));
    this.#follow(operation, result, ({ firstId: given }) => {
      if (given !== firstId) throw new Error(`${text} was given ${given}`);
    });
    // The log keeps no reference to the caller's bytes (APPEND-4).
    for (const bytes of copies) bytes.fill(0xee);
  }

  truncate(k: number): void {
    const apply: Operation['apply'] = (state) => truncated(state, k);
    this.#follow(this.#oracle.begin(`truncate ${k}`, 'truncate', apply), this.log.truncate(k));
  }

  trim(k: number): void {
    const apply: Operation['apply'] = (state) => trimmed(state, k);
    this.#follow(this.#oracle.begin(`trim ${k}`, 'trim', apply), this.log.trim(k));
  }

  roll(): void {
    this.#follow(
      this.#oracle.begin('roll', 'barrier', (state) => state),
      this.log.roll(),
    );
  }

  sync(): void {
    this.#follow(
      this.#oracle.begin('sync', 'barrier', (state) => state),
      this.log.sync(),
    );
  }

  /** A read beside writes: a record of that id, or a reason why not. */
  get(id: number): void {
    const read = this.log.get(id).then(
      (record) => {
        if (record.id !== id) throw new Error(`get ${id} gave ${record.id}`);
      },
      (error: unknown) => {
        const isExcused =
          isLogError(error, 'ERR_LOG_TRIMMED') ||
          isLogError(error, 'ERR_LOG_NOT_FOUND') ||
          isLogError(error, 'ERR_LOG_FENCED') ||
          isLogError(error, 'ERR_LOG_FAILED') ||
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
    const isFinal = isLogError(error, 'ERR_LOG_FAILED') || isLogError(error, 'ERR_LOG_FENCED');
    if (!isUnknown && !isFinal) throw error;
    this.isPoisoned = true;
    if (isUnknown) return 'unknown';
    // A truncate or trim that failed while META was written may come back; a later one was not begun.
    return operation.kind === 'append' || wasPoisoned ? 'absent' : 'unknown';
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
  }
}

let serial = 0;

/** Gives the same records again, from the first on. */
export function restartRecords(): void {
  serial = 0;
}

/** A record of `length` bytes that hardly any other is like. */
export function newRecord(length: number): Uint8Array {
  const data = new Uint8Array(length);
  const tag = ++serial;
  for (let i = 0; i < length; i++) data[i] = (tag >>> (8 * (i % 3))) ^ (i * 7);
  return data;
}
