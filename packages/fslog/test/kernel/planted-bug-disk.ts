import type { Disk, DiskFile } from '@wal/core';
import { nodeDisk } from '@wal/fslog';
import type { PlantedBug } from './victim-calls.ts';

/** The real disk, used wrongly. */
export function diskWithBug(bug: PlantedBug): Disk {
  return {
    ...nodeDisk,
    open: async (path, mode) => fileWithBug(await nodeDisk.open(path, mode), bug),
    create: async (path) => fileWithBug(await nodeDisk.create(path), bug),
  };
}

function fileWithBug(file: DiskFile, bug: PlantedBug): DiskFile {
  return {
    read: (buffer, position) => file.read(buffer, position),
    write: async (buffer, position) => {
      try {
        const written = await file.write(buffer, position);
        return bug === 'ignores short writes' ? buffer.length : written;
      } catch (error) {
        if (bug !== 'ignores failed writes') throw error;
        return buffer.length;
      }
    },
    sync: () =>
      file.sync().catch((error: unknown) => {
        if (bug === 'tries a failed sync again') return file.sync();
        if (bug === 'ignores failed syncs') return undefined;
        throw error;
      }),
    truncate: (size) => file.truncate(size),
    size: () => file.size(),
    identify: () => file.identify(),
    close: async () => {
      if (bug !== 'closes no file') await file.close();
    },
  };
}
