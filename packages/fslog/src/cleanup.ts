import { join } from 'node:path';
import type { Disk } from '@wal/core';
import type { Segment } from './segment.ts';
import type { SegmentCache } from './segment-cache.ts';
import type { SegmentWriter } from './segment-writer.ts';

/**
 * What a log does behind its callers' backs, in order: sealing segments and removing files that META has
 * made garbage. Nothing depends on it: what fails, or is cut off by a crash, the next opening does.
 */
export class CleanupQueue {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #cache: SegmentCache;
  #last: Promise<void> = Promise.resolve();

  constructor(disk: Disk, directory: string, cache: SegmentCache) {
    this.#disk = disk;
    this.#directory = directory;
    this.#cache = cache;
  }

  seal(writer: SegmentWriter): void {
    this.#add(() => writer.seal());
  }

  /** Removes segments once nobody reads them, oldest first. */
  remove(segments: readonly Segment[]): void {
    for (const segment of segments) this.#cache.drop(segment);
    this.removeFiles(segments.map((segment) => segment.name));
  }

  /** Each removal is durable before the next: a crash leaves no gap that looks like a lost segment. */
  removeFiles(names: readonly string[]): void {
    for (const name of names) {
      this.#add(async () => {
        await this.#disk.remove(join(this.#directory, name));
        await this.#disk.syncDirectory(this.#directory);
      });
    }
  }

  /** Resolves when all of it is done. */
  async done(): Promise<void> {
    await this.#last;
  }

  #add(task: () => Promise<void>): void {
    this.#last = this.#last.then(task).catch(() => undefined);
  }
}
