import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type FixtureOpenOptions,
  type LogFixture,
  type LogPlace,
  logConformance,
} from '@wal/conformance';
import type { Log } from '@wal/core';
import {
  createDirectoryStore,
  createMemoryStore,
  type LogOptions,
  type ObjectStore,
  openS3Log,
  type S3Log,
} from '@wal/s3log';
import { describe, expect, test } from 'vitest';
import { fastClock } from './support/fast-clock.ts';
import { startS3 } from './support/s3-bucket.ts';
import { SwitchableStore } from './support/switchable-store.ts';

const maxRecordBytes = 1024 * 1024;
const maxBatchBytes = 4 * maxRecordBytes;

class StorePlace implements LogPlace {
  readonly #store: ObjectStore;
  readonly #options: LogOptions;
  readonly #remove: () => Promise<void>;
  readonly #logs: S3Log[] = [];
  #client: SwitchableStore | undefined;

  constructor(store: ObjectStore, options: LogOptions, remove: () => Promise<void>) {
    this.#store = store;
    this.#options = options;
    this.#remove = remove;
  }

  async open(options: FixtureOpenOptions = {}): Promise<Log> {
    const client = new SwitchableStore(this.#store);
    this.#client = client;
    const log = await openS3Log({ maxBatchBytes, ...this.#options, ...options, store: client });
    this.#logs.push(log);
    return log;
  }

  /** Lets every append fail until the function it returns is called. */
  failAppends(): () => void {
    const client = this.#client as SwitchableStore;
    client.appendsFail = true;
    return () => {
      client.appendsFail = false;
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

/** Time passes a hundred times as fast: failures are given up after 200 ms. */
const FAST = {
  clock: fastClock(100),
  requestTimeoutMs: 500_000,
  giveUpAfterMs: 20_000,
};

function fixture(
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
      return new StorePlace(store, { ...FAST, ...options }, remove);
    },
  };
}

const inMemory = async () => ({ store: createMemoryStore(), remove: async () => undefined });

async function inDirectory() {
  const directory = await mkdtemp(join(tmpdir(), 's3log-'));
  const remove = () => rm(directory, { recursive: true, force: true });
  return { store: createDirectoryStore(directory), remove };
}

async function inBucket() {
  const { store, stop } = await startS3();
  return { store, remove: stop };
}

const fixtures = [
  fixture('s3log in memory', {}, inMemory),
  fixture('s3log in memory, prefix a/b', { prefix: 'a/b' }, inMemory),
  fixture(
    's3log in memory, prefix a/b/, a record a chunk',
    { prefix: 'a/b/', chunkBytes: 1 },
    inMemory,
  ),
  fixture(
    's3log in memory, one chunk in flight, no linger',
    { maxInFlight: 1, lingerMs: 0 },
    inMemory,
  ),
  fixture(
    's3log in memory, compacted all the time',
    { chunkBytes: 1, compactAfterChunks: 2, segmentBytes: 300, compactionGraceMs: 0 },
    inMemory,
  ),
  fixture('s3log in a directory', {}, inDirectory),
  fixture('s3log in a bucket, over HTTP', { prefix: 'logs/a' }, inBucket),
];

for (const each of fixtures) {
  const report = logConformance({ describe, test }, each);
  test(`${each.name} skips nothing of the suite`, () => {
    expect(report.skipped).toEqual([]);
  });
}
