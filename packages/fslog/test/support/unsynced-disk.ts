import type { Disk, DiskFile } from '@wal/core';
import { nodeDisk } from '@wal/fslog';

/**
 * The real disk without its syncs. Without a power cut nobody can tell the difference, and they are most
 * of the time that a log takes; what is synced when is for the tests of durability to say.
 */
export const unsyncedDisk: Disk = {
  ...nodeDisk,
  open: async (path, mode) => unsynced(await nodeDisk.open(path, mode)),
  create: async (path) => unsynced(await nodeDisk.create(path)),
  syncDirectory: async () => undefined,
};

function unsynced(file: DiskFile): DiskFile {
  return {
    read: (buffer, position) => file.read(buffer, position),
    write: (buffer, position) => file.write(buffer, position),
    sync: async () => undefined,
    truncate: (size) => file.truncate(size),
    size: () => file.size(),
    identify: () => file.identify(),
    close: () => file.close(),
  };
}
