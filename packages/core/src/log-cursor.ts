import { throwIfAborted } from './abortable.ts';
import { LogError } from './errors.ts';
import type { IteratorOptions } from './log.ts';
import type { LogRecord, RecordId } from './record.ts';
import type { TruncationHistory } from './truncation-history.ts';

/** What an iterator needs of a log: each backend brings this, and gets the iterator's contract for it. */
export interface LogView {
  /** The last durable record's id; below `trimMark + 1` when none is stored. */
  readonly lastDurableId: RecordId;
  /** The largest trimmed id, `firstId` − 1 when nothing was trimmed yet. */
  readonly trimMark: RecordId;
  readonly truncations: TruncationHistory;
  /** Why nothing more can be read: `ERR_LOG_CLOSED`, or `undefined` while the log is open. */
  unreadable(): LogError | undefined;
  /**
   * Reads stored records from `from` up to at most `through`, both of them stored: at least one, as many
   * as come together. A rejection is passed on, unless the log changed under the read.
   */
  read(from: RecordId, through: RecordId): Promise<readonly LogRecord[]>;
  /** Why nothing more will come, while what is there can still be read: `ERR_LOG_FAILED`, `ERR_LOG_FENCED`. */
  ended?(): LogError | undefined;
  /** Looks for news at the end of the log, where the log does not hear of them by itself. */
  refresh?(): Promise<void>;
  /**
   * Resolves once something may have changed (an append became durable, a truncate, a trim, a close), or
   * soon after `signal` aborts.
   */
  changed(signal: AbortSignal): Promise<void>;
}

/**
 * Where a reader stands in a log, and the only place that decides what it may be given next
 * (ITERATE-1 … 11, FOLLOW-1 … 5).
 */
export class LogCursor {
  readonly #view: LogView;
  readonly #start: RecordId;
  readonly #end: RecordId;
  readonly #follow: boolean;
  readonly #signal: AbortSignal;
  #delivered: RecordId | undefined;
  #seenVersion: number;

  /** `signal` ends waits; it aborts when the iterator's owner aborts or returns. */
  constructor(view: LogView, options: IteratorOptions, signal: AbortSignal) {
    this.#view = view;
    this.#start = options.start ?? 0;
    this.#end = options.end ?? Number.POSITIVE_INFINITY;
    this.#follow = options.follow ?? false;
    this.#signal = signal;
    this.#seenVersion = view.truncations.version;
  }

  /** The next records, empty at the end. What it gives counts as delivered only by `deliver`. */
  async read(): Promise<readonly LogRecord[]> {
    for (;;) {
      const from = this.#position();
      if (from > this.#end) return [];
      if (from > this.#view.lastDurableId && !(await this.#more(from))) return [];
      if (from !== this.#position() || from > this.#view.lastDurableId) continue;
      const through = Math.min(this.#end, this.#view.lastDurableId);
      let records: readonly LogRecord[];
      try {
        records = await this.#view.read(from, through);
      } catch (error) {
        // A truncate or trim may have taken the records away under the read: look again.
        if (this.isCurrent(from)) throw error;
        continue;
      }
      if (!this.isCurrent(from)) continue;
      if (records[0]?.id !== from) throw gap(from, records[0]?.id);
      return records;
    }
  }

  /** Whether records read before, the next of them `id`, may still be delivered; if not, `read` says why. */
  isCurrent(id: RecordId): boolean {
    return (
      id > this.#view.trimMark &&
      this.#view.truncations.version === this.#seenVersion &&
      !this.#signal.aborted &&
      this.#view.unreadable() === undefined
    );
  }

  /**
   * Notes that ids up to `id` were handed out. Not which truncates there were by now: one may have come
   * between the read and this call, and must be noticed at the next read.
   */
  deliver(id: RecordId): void {
    this.#delivered = id;
  }

  /** The id to deliver next, or the error that says why there is none. */
  #position(): RecordId {
    throwIfAborted(this.#signal);
    const view = this.#view;
    const unreadable = view.unreadable();
    if (unreadable !== undefined) throw unreadable;
    const first = view.trimMark + 1;
    const delivered = this.#delivered;
    const keptTo = view.truncations.lowestSince(this.#seenVersion);
    this.#seenVersion = view.truncations.version;
    if (delivered === undefined) return Math.max(this.#start, first);
    if (keptTo !== undefined && keptTo < delivered) {
      throw new LogError(
        'ERR_LOG_TRUNCATED',
        `record ${delivered} was truncated, lastId=${keptTo}`,
        {
          lastId: keptTo,
        },
      );
    }
    if (delivered + 1 < first && delivered < this.#end) {
      throw new LogError('ERR_LOG_TRIMMED', `id ${delivered + 1} was trimmed, firstId=${first}`, {
        firstId: first,
      });
    }
    return delivered + 1;
  }

  /** At the end of the log: looks for more, and waits for it if following. False: there is no more. */
  async #more(from: RecordId): Promise<boolean> {
    try {
      await this.#view.refresh?.();
    } catch (error) {
      this.#position(); // A log that was closed meanwhile says so, not how its look failed.
      throw error;
    }
    if (this.#position() !== from || from <= this.#view.lastDurableId) return true;
    if (!this.#follow) return false;
    const ended = this.#view.ended?.();
    if (ended !== undefined) throw ended;
    await this.#view.changed(this.#signal);
    return true;
  }
}

/** The error for a backend that leaves records out: an iterator never skips them in silence (ITERATE-1). */
function gap(from: RecordId, found: RecordId | undefined): LogError {
  return new LogError(
    'ERR_LOG_CORRUPT',
    `read ${found ?? 'nothing'} where record ${from} must be`,
    {
      firstAffectedId: from,
    },
  );
}
