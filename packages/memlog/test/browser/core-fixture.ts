import type { FixtureOpenOptions, LogFixture, LogPlace } from '@wal/conformance';
import { createSerialLog, type Log } from '@wal/core';
import { BatchStorage, BatchStore } from './batch-store.ts';

const MAX_RECORD_BYTES = 1024 * 1024;
const MAX_BATCH_BYTES = 4 * MAX_RECORD_BYTES;

class BatchPlace implements LogPlace {
  #storage: BatchStorage | undefined;

  async open({
    firstId = 1,
    maxRecordBytes = MAX_RECORD_BYTES,
  }: FixtureOpenOptions = {}): Promise<Log> {
    this.#storage ??= new BatchStorage({ firstId, nextId: firstId });
    const store = new BatchStore(this.#storage, { maxRecordBytes, maxBatchBytes: MAX_BATCH_BYTES });
    return createSerialLog(store, this.#storage.extent);
  }

  /** The log that is open goes on without the storage that the next one finds. */
  crash(): void {
    this.#storage = this.#storage?.copy();
  }

  async destroy(): Promise<void> {
    this.#storage = undefined;
  }
}

/** A log of nothing but core: its serial log, over batches in its format. */
export const coreFixture: LogFixture = {
  name: 'a serial log over encoded batches',
  capabilities: {
    reopen: true,
    exclusion: 'none',
    maxRecordBytes: MAX_RECORD_BYTES,
    configurableLimit: true,
    maxBatchBytes: MAX_BATCH_BYTES,
    crash: { kill: (place) => (place as BatchPlace).crash() },
  },
  place: async () => new BatchPlace(),
};
