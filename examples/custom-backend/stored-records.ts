import * as wal from '@wal/core';
import { type Extent, extentAfter, type Operation } from './operation.ts';

/** Every durable record, in memory; and all that an iterator has to know of them. */
export class StoredRecords implements wal.LogView {
  readonly truncations: wal.TruncationHistory = new wal.TruncationHistory();
  extent: Extent = { trimMark: -1, nextId: 0 };
  #isClosed = false;
  readonly #records = new Map<wal.RecordId, Uint8Array>();
  readonly #watchers: (() => void)[] = [];

  get trimMark(): wal.RecordId {
    return this.extent.trimMark;
  }

  get lastDurableId(): wal.RecordId {
    return this.extent.nextId - 1;
  }

  get isEmpty(): boolean {
    return this.#records.size === 0;
  }

  /** Makes an operation visible that has become durable. */
  apply(operation: Operation): void {
    const { nextId } = this.extent;
    this.extent = extentAfter(this.extent, operation);
    if ('append' in operation) {
      for (const [i, data] of operation.append.entries()) {
        this.#records.set(nextId + i, Buffer.from(data, 'base64'));
      }
    }
    for (let id = this.extent.nextId; id < nextId; id++) this.#records.delete(id);
    for (const id of this.#records.keys()) {
      if (id > this.trimMark) break;
      this.#records.delete(id);
    }
    if (this.extent.nextId < nextId) this.truncations.record(this.lastDurableId);
    this.#wake();
  }

  /** @throws LogError `ERR_LOG_TRIMMED`, `ERR_LOG_NOT_FOUND` with `nextId` */
  get(id: wal.RecordId, nextId: wal.RecordId): wal.LogRecord {
    const data = this.#records.get(id);
    if (data !== undefined) return { id, data };
    const firstId = this.trimMark + 1;
    if (id < firstId) throw new wal.LogError('ERR_LOG_TRIMMED', `trimmed: ${id}`, { firstId });
    throw new wal.LogError('ERR_LOG_NOT_FOUND', `not written: ${id}`, { nextId });
  }

  async read(from: wal.RecordId, through: wal.RecordId): Promise<readonly wal.LogRecord[]> {
    const run: wal.LogRecord[] = [];
    const end = Math.min(through, from + 1023);
    for (let id = from; id <= end; id++) run.push(this.get(id, this.extent.nextId));
    return run;
  }

  unreadable(): wal.LogError | undefined {
    return this.#isClosed ? new wal.LogError('ERR_LOG_CLOSED', 'the log is closed') : undefined;
  }

  changed(signal: AbortSignal): Promise<void> {
    const change = new Promise<void>((resolve) => this.#watchers.push(resolve));
    return wal.abortable(change, signal).catch(() => undefined);
  }

  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#watchers.splice(0)) resolve();
  }
}
