import type { FixtureOpenOptions, LogFixture, LogPlace } from '@wal/conformance';
import type { Log } from '@wal/core';
import { type LogOptions, type ObjectStore, openS3Log, type S3Log } from '@wal/s3log';
import { fastClock } from './fast-clock.ts';
import { SkippingClock } from './skipping-clock.ts';
import { SwitchableStore } from './switchable-store.ts';

const maxRecordBytes = 1024 * 1024;
const maxBatchBytes = 4 * maxRecordBytes;

class StorePlace implements LogPlace {
  readonly #store: ObjectStore;
  readonly #options: LogOptions;
  readonly #remove: () => Promise<void>;
  readonly #logs: S3Log[] = [];
  readonly #clock = new SkippingClock(fastClock(100));
  #client: SwitchableStore | undefined;

  constructor(store: ObjectStore, options: LogOptions, remove: () => Promise<void>) {
    this.#store = store;
    this.#options = options;
    this.#remove = remove;
  }

  async open(options: FixtureOpenOptions = {}): Promise<Log> {
    const client = new SwitchableStore(this.#store);
    this.#client = client;
    const given = { maxBatchBytes, clock: this.#clock, ...this.#options, ...options };
    const log = await openS3Log({ ...given, store: client });
    this.#logs.push(log);
    return log;
  }

  /** Lets every append fail until the function it returns is called. Meanwhile nothing comes of waiting. */
  failAppends(): () => void {
    const client = this.#client as SwitchableStore;
    client.appendsFail = true;
    this.#clock.skips = true;
    return () => {
      client.appendsFail = false;
      this.#clock.skips = false;
    };
  }

  /** Of its process nothing more reaches the store. */
  kill(): void {
    this.#client?.cut();
  }

  async destroy(): Promise<void> {
    for (const log of this.#logs) await log.close().catch(() => undefined);
    await this.#remove();
  }
}

/** Of a clock that is a hundred times as fast as the machine's, or more: a minute of the machine to open in, which may be busy. */
const LIMITS = { requestTimeoutMs: 500_000, giveUpAfterMs: 6_000_000 };

/** A log on a store as the suite sees it. */
export function storeFixture(
  name: string,
  options: LogOptions,
  makeStore: () => Promise<{ store: ObjectStore; remove: () => Promise<void> }>,
): LogFixture {
  return {
    name,
    capabilities: {
      reopen: true,
      exclusion: 'fenced',
      maxRecordBytes,
      configurableLimit: true,
      maxBatchBytes,
      metadata: (log) => (log as S3Log).metadata,
      failAppends: (place) => (place as StorePlace).failAppends(),
      crash: { kill: (place) => (place as StorePlace).kill() },
    },
    place: async () => {
      const { store, remove } = await makeStore();
      return new StorePlace(store, { ...LIMITS, ...options }, remove);
    },
  };
}
