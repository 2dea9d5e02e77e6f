import { isLogError, type Log, type LogError, type LogErrorCode } from '@wal/core';
import { sameBytes } from '../assertions.ts';
import type { CrashExtra } from './crash-capability.ts';
import { appended, type LogState, showState, trimmed, truncated } from './log-state.ts';
import type { Operation, Oracle, Outcome } from './oracle.ts';

const EXCUSED: Readonly<Record<Excuse, readonly LogErrorCode[]>> = {
  none: [],
  faults: ['ERR_LOG_NO_SPACE', 'ERR_LOG_OUTCOME_UNKNOWN', 'ERR_LOG_FAILED', 'ERR_LOG_READ_ONLY'],
  takeover: ['ERR_LOG_FENCED', 'ERR_LOG_OUTCOME_UNKNOWN'],
};

/**
 * What the errors of a log may be: those of storage that fails, of another owner that has taken the log over
 * (ERR_LOG_FENCED), or none at all.
 */
export type Excuse = 'none' | 'faults' | 'takeover';

/** A log whose operations an oracle hears of: when they are called, and how they end. */
export class TrackedLog {
  readonly log: Log;
  readonly #oracle: Oracle;
  readonly #excuse: () => Excuse;
  readonly #onEvent: () => void;
  #inFlight: Promise<void>[] = [];
  #failure: unknown;
  #isDetached = false;
  /** The codes that said that the log writes no more. */
  readonly finalCodes: Set<LogErrorCode> = new Set();

  /** `excuse` is asked when something fails; `onEvent` is called after every call, and once more when it has ended. */
  constructor(
    log: Log,
    oracle: Oracle,
    excuse: Excuse | (() => Excuse),
    onEvent: () => void = () => undefined,
  ) {
    this.log = log;
    this.#oracle = oracle;
    this.#excuse = typeof excuse === 'function' ? excuse : () => excuse;
    this.#onEvent = onEvent;
  }

  /** Whether the log said that it writes no more. */
  get isPoisoned(): boolean {
    return this.finalCodes.size > 0;
  }

  /** Throws what went wrong so far, that no error code excuses. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** From now on nothing is called, and nobody hears how what was called ends: the log's process is gone. */
  detach(): void {
    this.#isDetached = true;
  }

  /** Resolves when all that was called before has settled. */
  async settled(): Promise<void> {
    const { length } = this.#inFlight;
    await Promise.all(this.#inFlight.slice(0, length));
    this.#inFlight = this.#inFlight.slice(length);
    this.check();
  }

  /** Appends, in one call; a single record not in an array unless `isBatch`. */
  append(records: readonly Uint8Array[], isBatch: boolean = records.length !== 1): void {
    if (this.#isDetached) return;
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
    if (this.#isDetached) return;
    const apply: Operation['apply'] = (state) => truncated(state, k);
    this.#follow(this.#oracle.begin(`truncate ${k}`, 'truncate', apply), this.log.truncate(k));
  }

  trim(k: number): void {
    if (this.#isDetached) return;
    const apply: Operation['apply'] = (state) => trimmed(state, k);
    this.#follow(this.#oracle.begin(`trim ${k}`, 'trim', apply), this.log.trim(k));
  }

  /** Something that only this backend does, and that changes no record. */
  extra({ name, call, flushes = false }: CrashExtra): void {
    if (this.#isDetached) return;
    this.#follow(
      this.#oracle.begin(name, flushes ? 'barrier' : 'extra', (state) => state),
      call(this.log),
    );
  }

  /** A read beside writes: what it gives must have been there at some moment from its call to its answer. */
  get(id: number): void {
    if (this.#isDetached) return;
    const seen = this.#oracle.beginRead();
    const read = this.log.get(id).then(
      (record) => {
        if (this.#isDetached) return;
        const isThere = seen().some((state) => holds(state, id, record.data));
        if (record.id === id && isThere) return;
        const bytes = `${record.data.length} bytes as record ${record.id}`;
        throw new Error(`get ${id} gave ${bytes}, of none of\n${seen().map(showState).join('\n')}`);
      },
      (error: unknown) => {
        if (this.#isDetached || this.isExcused(error)) return;
        const isTrimmed = isLogError(error, 'ERR_LOG_TRIMMED');
        const lacksIt = ({ firstId, nextId }: LogState): boolean =>
          isTrimmed ? id < firstId : id >= nextId;
        if (!isTrimmed && !isLogError(error, 'ERR_LOG_NOT_FOUND')) throw error;
        if (seen().some(lacksIt)) return;
        throw new Error(`get ${id}: ${error}, but\n${seen().map(showState).join('\n')}`);
      },
    );
    this.#inFlight.push(read.catch((error: unknown) => this.#fail(error)));
  }

  #follow<T>(operation: Operation, promise: Promise<T>, check?: (result: T) => void): void {
    const wasPoisoned = this.isPoisoned;
    const followed = promise.then(
      (result) => {
        if (this.#isDetached) return;
        this.#oracle.end(operation, 'done');
        check?.(result);
        this.#onEvent();
      },
      (error: unknown) => {
        if (this.#isDetached) return;
        this.#oracle.end(operation, this.#outcome(operation, error, wasPoisoned));
        this.#onEvent();
      },
    );
    this.#inFlight.push(followed.catch((error: unknown) => this.#fail(error)));
    this.#onEvent();
  }

  /** Whether nothing is wrong with the log because of this error. */
  isExcused(error: unknown): error is LogError {
    return isLogError(error) && EXCUSED[this.#excuse()].includes(error.code);
  }

  #outcome(operation: Operation, error: unknown, wasPoisoned: boolean): Outcome {
    if (!this.isExcused(error)) throw error;
    if (error.code === 'ERR_LOG_NO_SPACE') return 'absent';
    this.finalCodes.add(error.code);
    if (error.code === 'ERR_LOG_OUTCOME_UNKNOWN') return 'unknown';
    // A truncate or trim that failed may be durable all the same; one that came later was not begun.
    return operation.kind === 'append' || wasPoisoned ? 'absent' : 'unknown';
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
  }
}

function holds({ firstId, nextId, records }: LogState, id: number, data: Uint8Array): boolean {
  return id >= firstId && id < nextId && sameBytes(records[id - firstId] as Uint8Array, data);
}
