import {
  type FixtureOpenOptions,
  type LogFixture,
  type LogPlace,
  logConformance,
} from '@wal/conformance';
import type { Log } from '@wal/core';
import { createMemLog, createMemStorage, type MemLog, type MemLogFaults } from '@wal/memlog';
import { describe, expect, test } from 'vitest';

class MemPlace implements LogPlace {
  readonly #storage = createMemStorage();
  readonly #faults: MemLogFaults;
  readonly #maxBatchBytes: number | undefined;

  constructor(faults: MemLogFaults, maxBatchBytes?: number) {
    this.#faults = faults;
    this.#maxBatchBytes = maxBatchBytes;
  }

  async open(options: FixtureOpenOptions = {}): Promise<Log> {
    return createMemLog({
      ...options,
      storage: this.#storage,
      faults: this.#faults,
      maxBatchBytes: this.#maxBatchBytes,
    });
  }

  /** Ends the log: of the writes in flight the first `keepInFlight` are durable. */
  crash(keepInFlight: number): void {
    this.#storage.crash({ keepInFlight });
  }

  async destroy(): Promise<void> {
    this.#storage.crash();
  }

  /** Lets the step fail until the function it returns is called. */
  fail(step: keyof MemLogFaults): () => void {
    const usual = { [step]: this.#faults[step] };
    const failing = (): never => {
      throw new Error('storage failure');
    };
    Object.assign(this.#faults, { [step]: failing });
    return () => {
      Object.assign(this.#faults, usual);
    };
  }
}

/** A fixture whose logs all have the faults that `faults` makes, and whose appends fail at `step`. */
function fixture(name: string, step: keyof MemLogFaults, faults: () => MemLogFaults): LogFixture {
  const maxRecordBytes = 1024 * 1024;
  const maxBatchBytes = 4 * maxRecordBytes;
  return {
    name,
    capabilities: {
      reopen: true,
      exclusion: 'locked',
      maxRecordBytes,
      configurableLimit: true,
      maxBatchBytes,
      metadata: (log) => (log as MemLog).metadata,
      failAppends: (place) => (place as MemPlace).fail(step),
      crash: { kill: (place, random) => (place as MemPlace).crash(random.integer(0, 3)) },
    },
    place: async () => new MemPlace(faults(), maxBatchBytes),
  };
}

const microtask = (): Promise<void> => Promise.resolve();
const macrotask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const fixtures = [
  fixture('memlog', 'beforeAppend', () => ({})),
  fixture('memlog, each step a microtask later', 'beforeSync', () => ({
    beforeAppend: microtask,
    beforeSync: microtask,
    beforeRead: microtask,
  })),
  fixture('memlog, each step a macrotask later', 'beforeAppend', () => ({
    beforeAppend: macrotask,
    beforeSync: macrotask,
    beforeRead: macrotask,
  })),
];

for (const each of fixtures) {
  const report = logConformance({ describe, test }, each);
  test(`${each.name} skips nothing of the suite`, () => {
    expect(report.skipped).toEqual([]);
  });
}
