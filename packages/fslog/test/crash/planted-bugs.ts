import type { Disk, DiskFile } from '@wal/core';
import type { TrialKind } from './bug-trial.ts';

/** A disk that keeps one promise of `Disk` badly; `wrap` makes one of any other. */
export interface PlantedBug {
  readonly name: string;
  /** What it takes to notice. */
  readonly needs: TrialKind;
  readonly wrap: (disk: Disk) => Disk;
}

const META_SLOT_BYTES = 4096;
const isSegment = (path: string): boolean => path.endsWith('.wal');
const isMeta = (path: string): boolean => /\/META\/[0-9a-f]{16}$/.test(path);
const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

/** The same disk, but for its files. */
function withFiles(disk: Disk, wrap: (file: DiskFile, path: string) => DiskFile): Disk {
  return {
    ...delegating(disk),
    open: async (path, mode) => wrap(await disk.open(path, mode), path),
    create: async (path) => wrap(await disk.create(path), path),
  };
}

function delegating(disk: Disk): Disk {
  return {
    open: (path, mode) => disk.open(path, mode),
    create: (path) => disk.create(path),
    identify: (path) => disk.identify(path),
    link: (from, to) => disk.link(from, to),
    list: (path) => disk.list(path),
    makeDirectory: (path) => disk.makeDirectory(path),
    rename: (from, to) => disk.rename(from, to),
    remove: (path) => disk.remove(path),
    syncDirectory: (path) => disk.syncDirectory(path),
    lock: (directory, onLost) => disk.lock(directory, onLost),
  };
}

function delegatingFile(file: DiskFile): DiskFile {
  return {
    read: (buffer, position) => file.read(buffer, position),
    write: (buffer, position) => file.write(buffer, position),
    sync: () => file.sync(),
    truncate: (size) => file.truncate(size),
    size: () => file.size(),
    identify: () => file.identify(),
    close: () => file.close(),
  };
}

/** Files whose sync is replaced, where `applies` says so. */
function withSync(
  applies: (path: string) => boolean,
  sync: (file: DiskFile) => () => Promise<void>,
): PlantedBug['wrap'] {
  return (disk) =>
    withFiles(disk, (file, path) =>
      applies(path) ? { ...delegatingFile(file), sync: sync(file) } : file,
    );
}

function withSyncDirectory(isSkipped: (path: string) => boolean): PlantedBug['wrap'] {
  return (disk) => ({
    ...delegating(disk),
    syncDirectory: async (path) => {
      if (!isSkipped(path)) await disk.syncDirectory(path);
    },
  });
}

function withWrite(write: (file: DiskFile, path: string) => DiskFile['write']): PlantedBug['wrap'] {
  return (disk) =>
    withFiles(disk, (file, path) => ({ ...delegatingFile(file), write: write(file, path) }));
}

const nothing = (): (() => Promise<void>) => async () => undefined;

/** Once this process owns the log it takes its name for its own, whoever came after it. */
function hidingOthers(disk: Disk): Disk {
  let own: { readonly path: string; readonly identity: string } | undefined;
  return {
    ...delegating(disk),
    identify: async (path) => {
      const identity = await disk.identify(path);
      if (isMeta(path) && identity !== undefined) own ??= { path, identity };
      return path === own?.path ? own.identity : identity;
    },
  };
}

/** Zeros land after the next write to the file, as if nobody had waited for them. */
function lateZeros(): PlantedBug['wrap'] {
  return (disk) => {
    const late = new Map<string, () => Promise<unknown>>();
    return withWrite((file, path) => async (buffer, position) => {
      if (isSegment(path) && buffer.length > META_SLOT_BYTES / 2 && isZero(buffer)) {
        late.set(path, () => file.write(buffer, Math.max(0, position - 256)));
        return buffer.length;
      }
      const count = await file.write(buffer, position);
      const zeros = late.get(path);
      late.delete(path);
      await zeros?.();
      return count;
    })(disk);
  };
}

export const PLANTED_BUGS: readonly PlantedBug[] = [
  { name: 'no sync at all', needs: 'crash', wrap: withSync(() => true, nothing) },
  { name: 'segments are not synced', needs: 'crash', wrap: withSync(isSegment, nothing) },
  { name: 'META is not synced', needs: 'crash', wrap: withSync(isMeta, nothing) },
  {
    name: 'META is renamed before it is synced',
    needs: 'crash',
    wrap: withSync((path) => /\/META\/.*\.new$/.test(path), nothing),
  },
  {
    name: "a segment's first sync, of its header, is left out",
    needs: 'crash',
    wrap: withSync(isSegment, (file) => {
      let syncs = 0;
      return async () => {
        if (syncs++ > 0) await file.sync();
      };
    }),
  },
  {
    name: 'a sync answers before it is done',
    needs: 'crash',
    wrap: withSync(isSegment, (file) => async () => {
      file.sync().catch(() => undefined);
    }),
  },
  {
    name: 'a write through is no more than a write',
    needs: 'crash',
    wrap: (disk) =>
      withFiles(disk, (file) => ({
        ...delegatingFile(file),
        writeThrough: (buffer, position) => file.write(buffer, position),
      })),
  },
  { name: 'no directory sync', needs: 'crash', wrap: withSyncDirectory(() => true) },
  {
    name: "the log's own name is not synced",
    needs: 'crash',
    wrap: withSyncDirectory((path) => path === '/'),
  },
  {
    name: 'META has one slot only',
    needs: 'crash',
    wrap: withWrite(
      (file, path) => (buffer, position) =>
        file.write(buffer, isMeta(path) ? position % META_SLOT_BYTES : position),
    ),
  },
  {
    name: 'META is written to both slots before one sync',
    needs: 'crash',
    wrap: (disk) =>
      withFiles(disk, (file, path) => {
        let writes = 0;
        const sync = async (): Promise<void> => {
          if (!isMeta(path) || writes % 2 === 0) await file.sync();
        };
        const write: DiskFile['write'] = (buffer, position) => {
          writes++;
          return file.write(buffer, position);
        };
        return { ...delegatingFile(file), sync, write };
      }),
  },
  { name: 'preallocated zeros land late', needs: 'crash', wrap: lateZeros() },
  {
    name: 'a failed sync is taken for a good one',
    needs: 'faults',
    wrap: withSync(isSegment, (file) => () => file.sync().catch(() => undefined)),
  },
  {
    name: 'a failed sync is tried again',
    needs: 'faults',
    wrap: withSync(isSegment, (file) => () => file.sync().catch(() => file.sync())),
  },
  {
    name: 'a short write is taken for a whole one',
    needs: 'faults',
    wrap: withWrite((file, path) => async (buffer, position) => {
      const count = await file.write(buffer, position);
      return isSegment(path) ? buffer.length : count;
    }),
  },
  {
    name: 'an owner does not see who came after it',
    needs: 'zombie',
    wrap: hidingOthers,
  },
];
