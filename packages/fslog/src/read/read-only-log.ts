import { setMaxListeners } from 'node:events';
import {
  type AppendResult,
  abortable,
  checkOperationOptions,
  checkRecordId,
  closedError,
  createLogIterator,
  type IteratorOptions,
  LogError,
  type LogIterator,
  type LogRecord,
  type LogView,
  type OperationOptions,
  type RecordId,
  throwIfAborted,
} from '@wal/core';
import { failed } from '../disk/storage-error.ts';
import { describeSegment, type FsLog, type FsLogRecovery, type FsLogSegment } from '../fs-log.ts';
import type { Settings } from '../options.ts';
import { getRecord } from './get-record.ts';
import { CHUNK_BYTES, GET_BYTES } from './log-reader.ts';
import { Replica } from './replica.ts';

/** How often a waiting follower looks for what another process has written. */
const POLL_MS = 20;

/** Opens a log that exists, beside its writer if it has one, and writes nothing. */
export async function openReadOnly(settings: Settings): Promise<FsLog> {
  return new ReadOnlyLog(settings, await Replica.open(settings));
}

/**
 * A log open for reading. `firstId`, `lastId` and `nextId` are as of the last look; `get` of an id beyond
 * them, and an iterator at the end, look again.
 */
class ReadOnlyLog implements FsLog {
  readonly readOnly = true;
  readonly recovery: FsLogRecovery;
  readonly directory: string;
  readonly #replica: Replica;
  readonly #view: LogView;
  readonly #stop = new AbortController();
  #closing: Promise<void> | undefined;

  constructor(settings: Settings, replica: Replica) {
    this.directory = settings.directory;
    this.#replica = replica;
    // Every follower that waits listens to it, and there may be any number of them.
    setMaxListeners(0, this.#stop.signal);
    const { tail, clean } = replica.meta;
    this.recovery = { wasClean: tail.sequence === 0 || clean !== undefined, torn: undefined };
    this.#view = {
      get lastDurableId() {
        return replica.nextId - 1;
      },
      get trimMark() {
        return replica.firstId - 1;
      },
      truncations: replica.truncations,
      unreadable: () => (this.#closing === undefined ? undefined : closedError()),
      read: (from, through) => replica.read(from, through, CHUNK_BYTES).catch(throwFailed),
      refresh: () => replica.refresh().catch(throwFailed),
      changed: (signal) => this.#poll(signal),
    };
  }

  get epoch(): number {
    return this.#replica.meta.epoch;
  }

  get metadata(): Uint8Array {
    return this.#replica.meta.metadata.slice();
  }

  get firstId(): RecordId | undefined {
    return this.#isEmpty ? undefined : this.#replica.firstId;
  }

  get lastId(): RecordId | undefined {
    return this.#isEmpty ? undefined : this.#replica.nextId - 1;
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

  roll(): Promise<void> {
    return this.#refuse();
  }

  sync(): Promise<void> {
    return this.#refuse();
  }

  async get(id: RecordId, options?: OperationOptions): Promise<LogRecord> {
    if (this.#closing !== undefined) throw closedError();
    checkRecordId('id', id);
    checkOperationOptions(options);
    throwIfAborted(options?.signal);
    const read = async (): Promise<LogRecord> => {
      if (id >= this.#replica.nextId) await this.#replica.refresh();
      const one = (wanted: RecordId) => this.#replica.read(wanted, wanted, GET_BYTES);
      return await getRecord(this.#view, one, id, this.nextId);
    };
    return await abortable(read().catch(throwFailed), options?.signal);
  }

  iterator(options?: IteratorOptions): LogIterator {
    return createLogIterator(this.#view, options);
  }

  async listSegments(): Promise<readonly FsLogSegment[]> {
    if (this.#closing !== undefined) throw closedError();
    return (await this.#replica.listSegments().catch(throwFailed)).map(describeSegment);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #isEmpty(): boolean {
    return this.#replica.nextId <= this.#replica.firstId;
  }

  async #refuse(): Promise<never> {
    if (this.#closing !== undefined) throw closedError();
    throw new LogError(
      'ERR_LOG_READ_ONLY',
      `the log is open for reading only, directory=${this.directory}`,
    );
  }

  /** Waits a little. The timer keeps the process alive: somebody follows. */
  #poll(signal: AbortSignal): Promise<void> {
    // Not `AbortSignal.any`: what it makes is remembered by both signals for as long as they live.
    const signals = [signal, this.#stop.signal];
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        for (const each of signals) each.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, POLL_MS);
      for (const each of signals) each.addEventListener('abort', done);
      if (signals.some(({ aborted }) => aborted)) done();
    });
  }

  async #close(): Promise<void> {
    this.#stop.abort();
    await this.#replica.close();
  }
}

/** The system's errors are a `LogError`, too. */
function throwFailed(error: unknown): never {
  throw failed(error);
}
