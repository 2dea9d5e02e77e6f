import { type Disk, type DiskFile, type DiskLock, LogError } from '@wal/core';
import { type SimErrorCode, simError } from './sim-error.ts';
import { SimOpenFile } from './sim-open-file.ts';
import { SimRandom } from './sim-random.ts';
import type { InFlight, SimLockEntry, SimStorage } from './sim-storage.ts';

/** One call to the disk, as gates and faults see it. */
export interface SimCall {
  /** Counts this disk's calls from 1. */
  readonly number: number;
  readonly kind:
    | 'open'
    | 'create'
    | 'identify'
    | 'link'
    | 'list'
    | 'makeDirectory'
    | 'rename'
    | 'remove'
    | 'syncDirectory'
    | 'lock'
    | 'release'
    | 'read'
    | 'write'
    | 'sync'
    | 'truncate'
    | 'size'
    | 'close';
  readonly path: string;
  readonly position: number;
  readonly length: number;
}

/** The calls after which a power cut may leave something else than before. */
const CHANGES: ReadonlySet<SimCall['kind']> = new Set<SimCall['kind']>([
  'create',
  'makeDirectory',
  'link',
  'rename',
  'remove',
  'syncDirectory',
  'write',
  'sync',
  'truncate',
]);

export function isChange({ kind }: SimCall): boolean {
  return CHANGES.has(kind);
}

/** What to answer a call with instead of doing it. */
export interface SimFault {
  readonly error?: SimErrorCode;
  /**
   * For a write: how many bytes of it are written all the same. With `error` the call fails nevertheless;
   * without, it resolves to this count. Default 0.
   */
  readonly writtenBytes?: number;
  /** For a read: it gives at most so many bytes, as any read may. At least 1: none is the end of the file. */
  readonly readBytes?: number;
  /**
   * For a sync that fails: what had grown is never written any more, though it is read, written again and
   * synced, as on ext4, whose new extents stay unwritten. Only cutting the file off there ends it.
   */
  readonly leavesUnwritten?: boolean;
}

export interface SimDiskOptions {
  /** Drives what failed syncs leave. */
  readonly random?: SimRandom;
  /** Called when a call takes effect: what it gives happens instead. */
  readonly fault?: (call: SimCall) => SimFault | undefined;
  /** A call takes effect once this has resolved; at once where it gives `undefined`. */
  readonly gate?: (call: SimCall) => Promise<void> | undefined;
  /** Whether `lock` takes a lock that is held: the holder is thought to be dead, and may not be. */
  readonly stealsLock?: boolean;
  /** Descriptors that may be open at once; more is EMFILE. */
  readonly maxOpenFiles?: number;
}

/**
 * One process's view of a simulated machine's disk. Calls take effect one at a time, each at once or when
 * the gate lets it; every promise settles in microtasks, and there are no timers. Once killed, nothing
 * that the process asks for happens any more, and no promise of it settles.
 */
export class SimDisk implements Disk {
  readonly storage: SimStorage;
  readonly #options: SimDiskOptions;
  readonly #random: SimRandom;
  readonly #inFlight = new Set<InFlight>();
  readonly #locks = new Map<string, SimLockEntry>();
  #isKilled = false;
  #calls = 0;
  #openFiles = 0;

  constructor(storage: SimStorage, options: SimDiskOptions = {}) {
    this.storage = storage;
    this.#options = options;
    this.#random = options.random ?? new SimRandom(0);
  }

  /** Calls so far. */
  get calls(): number {
    return this.#calls;
  }

  /** Descriptors open now: none once a log is closed. */
  get openFiles(): number {
    return this.#openFiles;
  }

  /** The changes asked for that have not taken effect. */
  get inFlight(): readonly InFlight[] {
    return [...this.#inFlight];
  }

  /** Tells the process of the locks that others have taken from it, as a heartbeat would sooner or later. */
  noticeLostLocks(): void {
    for (const [path, entry] of this.#locks) {
      if (this.storage.locks.get(path) === entry) continue;
      this.#locks.delete(path);
      if (!this.#isKilled) entry.onLost();
    }
  }

  /** Ends the process. Its locks are free; what it wrote stays in the system's cache. */
  kill(): void {
    this.#isKilled = true;
    this.#inFlight.clear();
    for (const [path, entry] of this.storage.locks) {
      if (entry.owner === this) this.storage.locks.delete(path);
    }
  }

  open(path: string, mode: 'read' | 'write'): Promise<DiskFile> {
    return this.run('open', path, (storage) =>
      this.#opened(storage.file(path, 'open'), path, mode),
    );
  }

  create(path: string): Promise<DiskFile> {
    return this.run(
      'create',
      path,
      (storage) => this.#opened(storage.createFile(path), path, 'write'),
      (storage) => storage.createFile(path),
    );
  }

  identify(path: string): Promise<string | undefined> {
    return this.run('identify', path, (storage) => storage.identify(path));
  }

  list(directory: string): Promise<readonly string[]> {
    return this.run('list', directory, (storage) => [
      ...storage.directory(directory, 'scandir').names.keys(),
    ]);
  }

  makeDirectory(path: string): Promise<void> {
    const effect = (storage: SimStorage): void => storage.makeDirectory(path);
    return this.run('makeDirectory', path, effect, effect);
  }

  link(from: string, to: string): Promise<void> {
    const effect = (storage: SimStorage): void => storage.link(from, to);
    return this.run('link', from, effect, effect);
  }

  rename(from: string, to: string): Promise<void> {
    const effect = (storage: SimStorage): void => storage.rename(from, to);
    const pending: InFlight = (storage, random) =>
      random.chance(0.3) ? storage.link(from, to) : storage.rename(from, to);
    return this.run('rename', from, effect, pending);
  }

  remove(path: string): Promise<void> {
    const effect = (storage: SimStorage): void => storage.remove(path);
    return this.run('remove', path, effect, effect);
  }

  /** A failure leaves the names pending: a later sync makes them durable, as on a journaling file system. */
  syncDirectory(path: string): Promise<void> {
    const effect = (storage: SimStorage): void => storage.directory(path, 'fsync').sync();
    return this.run('syncDirectory', path, effect, effect);
  }

  lock(directory: string, onLost: () => void): Promise<DiskLock> {
    return this.run('lock', directory, ({ locks }) => {
      if (locks.has(directory) && this.#options.stealsLock !== true) {
        throw new LogError('ERR_LOG_LOCKED', `locked, directory=${directory}`, { holder: {} });
      }
      const stolen = locks.has(directory);
      const entry = { owner: this, onLost };
      locks.set(directory, entry);
      const before = this.storage.lastLocks.get(directory);
      const number = (before?.number ?? 0) + 1;
      const goneSince = stolen ? number : (before?.goneSince ?? number);
      this.storage.lastLocks.set(directory, { number, goneSince });
      this.#locks.set(directory, entry);
      const release = (): Promise<void> =>
        this.run('release', directory, () => {
          this.#locks.delete(directory);
          if (locks.get(directory) === entry) locks.delete(directory);
        });
      return {
        id: number.toString(16).padStart(16, '0'),
        isGone: (id) => {
          const other = Number.parseInt(id, 16);
          return other >= goneSince && other < number;
        },
        release,
      };
    });
  }

  /**
   * Makes a call: `effect` is what it does and gives, `pending` what a power cut may find done of it
   * while it is in flight.
   */
  run<T>(
    kind: SimCall['kind'],
    path: string,
    effect: (storage: SimStorage, fault: SimFault | undefined) => T,
    pending?: InFlight,
    position = 0,
    length = 0,
  ): Promise<T> {
    if (this.#isKilled) return never();
    const call: SimCall = { number: ++this.#calls, kind, path, position, length };
    const gate = this.#options.gate?.(call);
    if (gate === undefined) return this.#perform(call, effect);
    if (pending !== undefined) this.#inFlight.add(pending);
    return gate.then(() => {
      if (pending !== undefined) this.#inFlight.delete(pending);
      return this.#isKilled ? never<T>() : this.#perform(call, effect);
    });
  }

  /** Notes that a descriptor was closed. */
  closed(): void {
    this.#openFiles--;
  }

  get random(): SimRandom {
    return this.#random;
  }

  #perform<T>(
    call: SimCall,
    effect: (storage: SimStorage, fault: SimFault | undefined) => T,
  ): Promise<T> {
    if (isChange(call)) this.storage.changes++;
    try {
      const fault = this.#options.fault?.(call);
      if (fault?.error !== undefined && call.kind !== 'sync' && call.kind !== 'write') {
        // As on Linux: a close that reports an error has closed the descriptor all the same.
        if (call.kind === 'close') effect(this.storage, fault);
        throw simError(fault.error, call.kind, call.path);
      }
      return Promise.resolve(effect(this.storage, fault));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #opened(file: SimOpenFile['file'], path: string, mode: 'read' | 'write'): SimOpenFile {
    if (this.#openFiles >= (this.#options.maxOpenFiles ?? Number.POSITIVE_INFINITY)) {
      throw simError('EMFILE', 'open', path);
    }
    this.#openFiles++;
    return new SimOpenFile(this, file, path, mode);
  }
}

function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}
