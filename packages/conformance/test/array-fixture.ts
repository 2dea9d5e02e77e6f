import type { FixtureOpenOptions, LogCapabilities, LogFixture, LogPlace } from '@wal/conformance';
import {
  ArrayLog,
  type ArrayLogOptions,
  ArrayStorage,
  MAX_BATCH_BYTES,
  MAX_RECORD_BYTES,
} from './array-log.ts';

/** How a fixture opens a log on a storage. */
export type OpenArrayLog = (storage: ArrayStorage, options: ArrayLogOptions) => ArrayLog;

class ArrayPlace implements LogPlace {
  storage: ArrayStorage = new ArrayStorage();
  readonly #open: OpenArrayLog;

  constructor(open: OpenArrayLog) {
    this.#open = open;
  }

  async open(options: FixtureOpenOptions = {}): Promise<ArrayLog> {
    return this.#open(this.storage, options);
  }

  async destroy(): Promise<void> {
    this.storage = new ArrayStorage();
  }

  /** The log that is open goes on without the storage that the next one finds. */
  crash(): void {
    this.storage = this.storage.afterCrash();
  }
}

export const arrayCapabilities: LogCapabilities = {
  reopen: true,
  exclusion: 'locked',
  maxRecordBytes: MAX_RECORD_BYTES,
  configurableLimit: true,
  maxBatchBytes: MAX_BATCH_BYTES,
  metadata: (log) => (log as ArrayLog).storage.metadata,
  failAppends: (place) => {
    const { storage } = place as ArrayPlace;
    storage.isFull = true;
    return () => {
      storage.isFull = false;
    };
  },
  crash: { kill: (place) => (place as ArrayPlace).crash() },
};

/** A fixture of logs in arrays, opened by `open`: the correct log, or a broken one. */
export function arrayFixture(
  name: string,
  open: OpenArrayLog = (storage, options) => new ArrayLog(storage, options),
): LogFixture {
  return { name, capabilities: arrayCapabilities, place: async () => new ArrayPlace(open) };
}
