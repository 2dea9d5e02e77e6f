import { join } from 'node:path';
import type { Disk } from '@wal/core';
import type { Segment } from '../segment/segment.ts';
import type { SegmentCache } from '../segment/segment-cache.ts';

/**
 * Removes, in the background, files that META has made garbage. Nothing depends on it: the next opening does what fails or
 * is cut off.
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

  /** Removes segments. One that is being read stays readable until that is done: only its name goes. */
  remove(segments: readonly Segment[]): void {
    for (const segment of segments) this.#cache.drop(segment);
    this.removeFiles(segments.map((segment) => segment.name));
  }

  /**
   * One sync for all: META says already that they are garbage, so whichever of the removals a crash lets
   * through, opening finds the rest and removes it.
   */
  removeFiles(names: readonly string[]): void {
    if (names.length === 0) return;
    this.#add(async () => {
      for (const name of names) {
        await this.#disk.remove(join(this.#directory, name)).catch(() => undefined);
      }
      await this.#disk.syncDirectory(this.#directory);
    });
  }

  /** Resolves when all of it is done. */
  async done(): Promise<void> {
    await this.#last;
  }

  #add(task: () => Promise<void>): void {
    this.#last = this.#last.then(task).catch(() => undefined);
  }
}
