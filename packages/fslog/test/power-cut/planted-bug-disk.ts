import type { Disk, DiskFile } from '@wal/core';
import { nodeDisk } from '@wal/fslog';

/** What only a power cut can tell. */
export const PLANTED_BUGS = ['syncs nothing', 'syncs too late', 'does not sync META'] as const;

export type PlantedBug = (typeof PLANTED_BUGS)[number];

const LATE_MS = 3;

/** The real disk, used wrongly as soon as the bug is there. */
export class DiskWithBug {
  readonly disk: Disk;
  readonly #bug: PlantedBug | undefined;
  #isThere = false;

  constructor(bug: PlantedBug | undefined) {
    this.#bug = bug;
    this.disk = {
      ...nodeDisk,
      open: async (path, mode) => this.#wrap(await nodeDisk.open(path, mode), path),
      create: async (path) => this.#wrap(await nodeDisk.create(path), path),
      syncDirectory: async (path) => {
        if (!this.#isThere || bug !== 'syncs nothing') await nodeDisk.syncDirectory(path);
      },
    };
  }

  plant(): void {
    this.#isThere = this.#bug !== undefined;
  }

  #wrap(file: DiskFile, path: string): DiskFile {
    if (this.#bug === 'does not sync META' && !path.includes('/META')) return file;
    let isOpen = true;
    return {
      read: (buffer, position) => file.read(buffer, position),
      write: (buffer, position) => file.write(buffer, position),
      sync: async () => {
        if (!this.#isThere) return await file.sync();
        if (this.#bug !== 'syncs too late') return;
        // The log may be closing it at that very moment.
        setTimeout(() => isOpen && file.sync().catch(() => undefined), LATE_MS);
      },
      truncate: (size) => file.truncate(size),
      size: () => file.size(),
      identify: () => file.identify(),
      close: () => {
        isOpen = false;
        return file.close();
      },
    };
  }
}
