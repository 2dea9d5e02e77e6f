import type { Compactor, StoredSegment } from './compactor.ts';

/** Chunks of this size on average are read as fast as segments: they stay as they are. */
const LARGE_CHUNK_BYTES = 1024 * 1024;

/** Compacts the log of an owner, when asked and, in the background, when enough has been appended. */
export class Compaction {
  readonly #compactor: Compactor;
  readonly #afterChunks: number;
  /** Names a segment in the root, in its turn. @returns whether it did: it is not what the log holds any more, if not. */
  readonly #name: (segment: StoredSegment) => Promise<boolean>;
  #chunks = 0;
  #bytes = 0;
  #isStopped = false;
  #running: Promise<unknown> | undefined;

  constructor(
    compactor: Compactor,
    afterChunks: number,
    name: (segment: StoredSegment) => Promise<boolean>,
  ) {
    this.#compactor = compactor;
    this.#afterChunks = afterChunks;
    this.#name = name;
  }

  /** Notes a chunk that was appended. */
  landed(bytes: number): void {
    this.#chunks++;
    this.#bytes += bytes;
    const isDue = this.#afterChunks > 0 && this.#chunks >= this.#afterChunks;
    if (!isDue || this.#bytes >= this.#chunks * LARGE_CHUNK_BYTES) return;
    if (this.#running !== undefined || this.#isStopped) return;
    // What fails here fails again, or does not, when as much has been appended once more.
    this.compact().catch(() => undefined);
  }

  /** Compacts all that is below the tail now. @returns how many segments it made. */
  compact(): Promise<number> {
    const compact = (): Promise<number> => this.#compact();
    const running = (this.#running ?? Promise.resolve()).then(compact, compact);
    const end = (): void => {
      if (this.#running === settled) this.#running = undefined;
    };
    const settled: Promise<unknown> = running.then(end, end);
    this.#running = settled;
    return running;
  }

  /** Gives up what is being made, and resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#compactor.stop();
    while (this.#running !== undefined) await this.#running;
  }

  /** One segment in place of the last ones, where they are small. */
  async #merge(): Promise<void> {
    const segment = this.#isStopped ? undefined : await this.#compactor.merged();
    if (segment !== undefined && !this.#isStopped) await this.#name(segment);
  }

  async #compact(): Promise<number> {
    this.#chunks = 0;
    this.#bytes = 0;
    for (let made = 0; ; made++) {
      const segment = this.#isStopped ? undefined : await this.#compactor.next();
      if (segment === undefined || this.#isStopped) return made;
      if (!(await this.#name(segment))) return made;
      await this.#merge();
    }
  }
}
