import type { Disk, DiskFile } from '@wal/core';

/** What was asked of a disk. */
export interface DiskCalls {
  writes: number;
  writtenBytes: number;
  syncs: number;
}

/** The disk, and what is asked of it from now on. */
export function countingDisk(disk: Disk): { readonly disk: Disk; readonly calls: DiskCalls } {
  const calls: DiskCalls = { writes: 0, writtenBytes: 0, syncs: 0 };
  const counted = (file: DiskFile): DiskFile =>
    wrapMethods(file, (name, [buffer]) => {
      if (name === 'sync' || name === 'writeThrough') calls.syncs++;
      if (!/^write/.test(name)) return;
      calls.writes++;
      calls.writtenBytes += bytesOf(buffer);
    });
  return {
    calls,
    disk: {
      ...disk,
      open: async (...given) => counted(await disk.open(...given)),
      create: async (...given) => counted(await disk.create(...given)),
      syncDirectory(path) {
        calls.syncs++;
        return disk.syncDirectory(path);
      },
    },
  };
}

function bytesOf(given: unknown): number {
  if (given instanceof Uint8Array) return given.length;
  if (Array.isArray(given)) return given.reduce((sum, one) => sum + bytesOf(one), 0);
  return 0;
}

/** The same object, whose methods tell of each call: also those that an interface gets later. */
function wrapMethods<T extends object>(
  target: T,
  onCall: (name: string, given: readonly unknown[]) => void,
): T {
  return new Proxy(target, {
    get(object, name) {
      const found: unknown = Reflect.get(object, name, object);
      if (typeof found !== 'function') return found;
      return (...given: unknown[]): unknown => {
        onCall(String(name), given);
        return found.apply(object, given);
      };
    },
  });
}
