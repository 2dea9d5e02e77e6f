import {
  type AppendLimits,
  BatchBuilder,
  decodeBatchHeader,
  decodeRecords,
  isBodyIntact,
  type LogChange,
  type LogExtent,
  type LogRecord,
  type RecordId,
  type SerialStore,
  viewOf,
} from '@wal/core';

const SALT = 0x5eed;

/** An encoded batch, of which the records up to `lastId` are left. */
interface StoredBatch {
  readonly bytes: Uint8Array;
  readonly lastId: RecordId;
}

/** What of a batch store outlives its log. */
export class BatchStorage {
  batches: readonly StoredBatch[] = [];
  extent: LogExtent;

  constructor(extent: LogExtent) {
    this.extent = extent;
  }

  /** What the next log finds when the process of this one's is gone. */
  copy(): BatchStorage {
    return Object.assign(new BatchStorage(this.extent), { batches: this.batches });
  }
}

/** Keeps each append as a batch of the segment format: with it a serial log is made of core alone. */
export class BatchStore implements SerialStore {
  readonly limits: AppendLimits;
  readonly #storage: BatchStorage;

  constructor(storage: BatchStorage, limits: AppendLimits) {
    this.#storage = storage;
    this.limits = limits;
  }

  async commit({ firstId, nextId, records }: LogChange): Promise<void> {
    const left = this.#storage.batches
      .map(({ bytes, lastId }) => ({
        bytes,
        lastId: Math.min(lastId, nextId - records.length - 1),
      }))
      .filter(({ bytes, lastId }) => lastId >= Math.max(firstId, headerOf(bytes).firstId));
    const added = { bytes: encode(nextId - records.length, records), lastId: nextId - 1 };
    this.#storage.batches = records.length > 0 ? [...left, added] : left;
    this.#storage.extent = { firstId, nextId };
  }

  async read(from: RecordId, through: RecordId): Promise<readonly LogRecord[]> {
    const found: LogRecord[] = [];
    for (const { bytes, lastId } of this.#storage.batches) {
      const header = headerOf(bytes);
      if (lastId < from || header.firstId > through) continue;
      const read = bytes.slice();
      const last = Math.min(lastId, through);
      if (
        !isBodyIntact(read, 0, header) ||
        !decodeRecords(read, viewOf(read), 0, header, from, last, found)
      ) {
        throw new Error(`the batch at ${header.firstId} is damaged`);
      }
    }
    return found;
  }

  async close(): Promise<void> {}
}

function encode(firstId: RecordId, records: readonly Uint8Array[]): Uint8Array {
  const builder = new BatchBuilder();
  for (const record of records) builder.add(record);
  const position = { byteOffset: 0, durableOffset: 0, epoch: 1, appendedAtMs: 0, salt: SALT };
  return builder.finish({ ...position, firstId }).slice();
}

function headerOf(bytes: Uint8Array): NonNullable<ReturnType<typeof decodeBatchHeader>> {
  const header = decodeBatchHeader(bytes, viewOf(bytes), 0, 0, SALT);
  if (header === undefined) throw new Error('no batch where one was stored');
  return header;
}
