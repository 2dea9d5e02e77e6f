import {
  type AppendResult,
  abortable,
  ChangeSignal,
  checkOperationOptions,
  checkRecordId,
  closedError,
  createLogIterator,
  type IteratorOptions,
  isLogError,
  LogError,
  type LogIterator,
  type LogRecord,
  type LogView,
  type OperationOptions,
  type RecordId,
  throwIfAborted,
} from '@wal/core';
import type { Collector } from '../collection/collector.ts';
import type { LogContext } from '../log-context.ts';
import { Backoff } from '../runtime/backoff.ts';
import type { S3Log } from '../s3-log.ts';
import { ChunkReader, type ReadSources } from './chunk-reader.ts';
import { getRecord } from './get-record.ts';
import type { Replica } from './replica.ts';

/** The waits of a follower for whom nothing comes. */
const FIRST_POLL_MS = 50;
const LAST_POLL_MS = 1_000;

/** What a read-only log is made of. */
export interface ReadOnlyParts {
  readonly context: LogContext;
  readonly replica: Replica;
  readonly sources: ReadSources;
  readonly collector: Collector;
  /** Called once the log is closed. */
  readonly release: () => void;
}

/** A log opened beside its writer. */
export class ReadOnlyLog implements S3Log {
  readonly readOnly = true;
  readonly #parts: ReadOnlyParts;
  readonly #replica: Replica;
  readonly #changes = new ChangeSignal();
  readonly #reads = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(parts: ReadOnlyParts) {
    this.#parts = parts;
    this.#replica = parts.replica;
  }

  get prefix(): string {
    return this.#parts.context.keys.prefix;
  }

  get epoch(): number {
    return this.#replica.root.epoch;
  }

  get metadata(): Uint8Array {
    return this.#replica.root.metadata.slice();
  }

  get firstId(): RecordId | undefined {
    const { firstId, nextId } = this.#replica;
    return nextId === firstId ? undefined : firstId;
  }

  get lastId(): RecordId | undefined {
    const { firstId, nextId } = this.#replica;
    return nextId === firstId ? undefined : nextId - 1;
  }

  get nextId(): RecordId {
    return this.#replica.nextId;
  }

  append(): Promise<AppendResult> {
    return this.#refuse();
  }

  truncate(): Promise<void> {
    return this.#refuse();
  }

  trim(): Promise<void> {
    return this.#refuse();
  }

  compact(): Promise<number> {
    return this.#refuse();
  }

  async get(id: RecordId, options?: OperationOptions): Promise<LogRecord> {
    this.#refuseIfClosed();
    checkRecordId('id', id);
    const signal = checkOperationOptions(options);
    throwIfAborted(signal);
    this.#refuseIfClosed();
    return await abortable(this.#tracked(this.#get(id, signal)), signal);
  }

  iterator(options?: IteratorOptions): LogIterator {
    return createLogIterator(this.#view(), options);
  }

  async collect(): Promise<number> {
    this.#refuseIfClosed();
    const { collector } = this.#parts;
    await this.#tracked(this.#replica.checkRoot());
    return await this.#tracked(collector.collect(this.#replica.root));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** A record that this handle has not seen yet may be there by now. */
  async #get(id: RecordId, signal: AbortSignal | undefined): Promise<LogRecord> {
    const isWanted = (): boolean => this.#closing === undefined && signal?.aborted !== true;
    await this.#replica.reach(id, isWanted);
    if (id >= this.#replica.nextId) this.#refuseIfClosed(); // It may not have looked far enough.
    const { sources } = this.#parts;
    const view = this.#view();
    return await this.#explained(() => getRecord(view, sources, id, () => this.nextId));
  }

  #view(): LogView {
    const replica = this.#replica;
    const reader = new ChunkReader(this.#parts.sources);
    const { clock, entropy } = this.#parts.context.requests;
    let waits = new Backoff(clock, entropy, FIRST_POLL_MS, LAST_POLL_MS);
    return {
      get lastDurableId() {
        return replica.nextId - 1;
      },
      get trimMark() {
        return replica.firstId - 1;
      },
      truncations: replica.truncations,
      unreadable: () => (this.#closing === undefined ? undefined : closedError()),
      read: (from, through) => {
        waits = new Backoff(clock, entropy, FIRST_POLL_MS, LAST_POLL_MS);
        return this.#explained(() => reader.read(from, through));
      },
      refresh: async () => {
        while ((await this.#tracked(replica.poll())) && this.#closing === undefined) {
          this.#changes.notify();
          if (replica.tail.slot > 0) return; // More records, most likely: they are read first.
        }
      },
      changed: (signal) => this.#changedOrLater(waits, signal),
    };
  }

  /** Nobody tells this handle of news: it waits, and looks. */
  async #changedOrLater(waits: Backoff, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#closing !== undefined) return;
    const { clock } = this.#parts.context.requests;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        forgetTime();
        forgetChange();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const forgetTime = clock.after(waits.next(), end);
      const forgetChange = this.#changes.once(end);
      signal.addEventListener('abort', end, { once: true });
    });
  }

  /** What is missing may have been trimmed meanwhile: then a newer root says so, and it is read again by that. */
  async #explained<T>(read: () => Promise<T>): Promise<T> {
    for (;;) {
      const { root } = this.#replica;
      try {
        return await this.#tracked(read());
      } catch (error) {
        if (!isLogError(error, 'ERR_LOG_CORRUPT')) throw error;
        await this.#tracked(this.#replica.checkRoot());
        if (this.#replica.root === root) throw error;
      }
    }
  }

  #tracked<T>(read: Promise<T>): Promise<T> {
    const end = (): unknown => this.#reads.delete(done);
    const done: Promise<unknown> = read.then(end, end);
    this.#reads.add(done);
    return read;
  }

  async #refuse(): Promise<never> {
    this.#refuseIfClosed();
    throw new LogError('ERR_LOG_READ_ONLY', 'the log is open for reading only');
  }

  #refuseIfClosed(): void {
    if (this.#closing !== undefined) throw closedError();
  }

  async #close(): Promise<void> {
    this.#changes.notify();
    while (this.#reads.size > 0) await Promise.all(this.#reads);
    this.#parts.release();
  }
}
