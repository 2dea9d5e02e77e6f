import { type AppendResult, type Log, MAX_RECORD_ID } from '@wal/core';

/** So much may be under way before more has to wait. */
const MAX_IN_FLIGHT = 1024;
const MAX_IN_FLIGHT_BYTES = 16 * 1024 * 1024;

/**
 * Appends batch after batch without waiting for each, and tells of those that are durable in their order. Each says which id it
 * expects: once one has failed none behind it is stored, and what is stored is a beginning of what was given.
 */
export class AppendPipeline {
  readonly #log: Log;
  readonly #onAppended: (result: AppendResult) => Promise<void>;
  readonly #failed = new AbortController();
  #nextId: number;
  #inFlight = 0;
  #inFlightBytes = 0;
  #acknowledged: Promise<void> = Promise.resolve();
  #onRoom = (): void => undefined;

  /** `onAppended` is called with one batch at a time, each durable when it is. What it throws counts as a failure. */
  constructor(log: Log, onAppended: (result: AppendResult) => Promise<void>) {
    this.#log = log;
    this.#onAppended = onAppended;
    this.#nextId = log.nextId;
  }

  /** Aborted, with the error, when an append has failed: nothing more needs to be read. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  /** Resolves when there is room for the next batch, not when this one is durable. @throws what an append failed with */
  async add(records: readonly Uint8Array[]): Promise<void> {
    const bytes = records.reduce((sum, record) => sum + record.length, 0);
    this.failed.throwIfAborted();
    const firstId = this.#nextId;
    this.#nextId += records.length;
    // Beyond the last id there is: the log says so itself.
    const isOver = firstId > MAX_RECORD_ID - records.length + 1;
    const inputs = records.map((data, i) => (isOver ? { data } : { id: firstId + i, data }));
    const appended = this.#log.append(inputs);
    this.#inFlight++;
    this.#inFlightBytes += bytes;
    const before = this.#acknowledged;
    this.#acknowledged = this.#acknowledge(before, appended, bytes);
    while (this.#inFlight >= MAX_IN_FLIGHT || this.#inFlightBytes > MAX_IN_FLIGHT_BYTES) {
      await new Promise<void>((resolve) => {
        this.#onRoom = resolve;
      });
    }
    this.failed.throwIfAborted();
  }

  /** Waits until all of it is durable. @throws what an append failed with */
  async finish(): Promise<void> {
    await this.#acknowledged;
    this.failed.throwIfAborted();
  }

  /** Never rejects. */
  async #acknowledge(
    before: Promise<void>,
    appended: Promise<AppendResult>,
    bytes: number,
  ): Promise<void> {
    try {
      const [result] = await Promise.all([appended, before]);
      if (!this.failed.aborted) await this.#onAppended(result);
    } catch (error) {
      await before;
      if (!this.failed.aborted) this.#failed.abort(error);
    } finally {
      this.#inFlight--;
      this.#inFlightBytes -= bytes;
      this.#onRoom();
    }
  }
}
