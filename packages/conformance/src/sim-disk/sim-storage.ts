import { SimDirectory, type SimNode } from './sim-directory.ts';
import { type SimErrorCode, simError } from './sim-error.ts';
import { SimFile, type Spares, type StaleBytes } from './sim-file.ts';
import { SimRandom } from './sim-random.ts';

/**
 * Something a process has asked for and was not answered yet: a crash may find it done, or half done as `random` says.
 * That is the crash's own: whatever else is random must not depend on how many crashes were tried.
 */
export type InFlight = (storage: SimStorage, random: SimRandom) => unknown;

/** Who holds the lock of a directory. */
export interface SimLockEntry {
  readonly owner: object;
  readonly onLost: () => void;
}

/** The locks of a directory are numbered; whoever held `goneSince` up to the one before `number` is gone. */
export interface SimLastLock {
  readonly number: number;
  readonly goneSince: number;
}

/**
 * One machine's storage, durable and cached: what every `SimDisk` on it works on. It outlives processes;
 * a power cut makes a new one of it.
 */
export class SimStorage {
  readonly #root: SimDirectory;
  /** In a copy, the copies of the original's files, by these. */
  readonly #copies: ReadonlyMap<SimNode, SimNode>;
  readonly locks: Map<string, SimLockEntry> = new Map();
  /** The last lock of each directory, held or not: durable, as locks in files are. */
  readonly lastLocks: Map<string, SimLastLock> = new Map();
  /** Calls so far that may have changed something. */
  changes = 0;
  /** How many bytes all files together may have; writes beyond it are short, then fail ENOSPC. */
  capacityBytes: number = Number.POSITIVE_INFINITY;

  constructor(
    root: SimDirectory = new SimDirectory(),
    copies: ReadonlyMap<SimNode, SimNode> = new Map(),
  ) {
    this.#root = root;
    this.#copies = copies;
  }

  /** A copy, with everything pending still pending: what happens to it does not happen to this one. */
  clone(): SimStorage {
    const copies = new Map<SimNode, SimNode>();
    const copy = new SimStorage(this.#root.clone(copies), copies);
    copy.capacityBytes = this.capacityBytes;
    for (const [directory, last] of this.lastLocks) copy.lastLocks.set(directory, last);
    return copy;
  }

  /**
   * What a power cut now may leave: another state with each call, this one unchanged. Calls in flight have
   * happened or not, in any order. No lock survives.
   */
  afterPowerLoss(
    random: SimRandom,
    inFlight: readonly InFlight[] = [],
    spares?: Spares,
  ): SimStorage {
    const begun = inFlight.filter(
      (_, i) => random.chance(0.5) || spares?.(`call ${i + 1} in flight not done`) === true,
    );
    // Of its own, so that what is lost otherwise does not depend on which calls were done.
    const ofCalls = inFlight.length > 0 ? new SimRandom(random.seed()) : random;
    let cut: SimStorage = this;
    if (begun.length > 0) {
      cut = this.clone();
      for (const effect of shuffled(begun, ofCalls)) applyQuietly(effect, cut, ofCalls);
    }
    const left = new SimStorage(cut.#root.afterPowerLoss(random, cut.staleBytes(), spares));
    left.capacityBytes = this.capacityBytes;
    for (const [directory, last] of this.lastLocks) left.lastLocks.set(directory, last);
    return left;
  }

  /** Equal for storages with equal names and bytes, as they are read now: tells whether a state is a new one. */
  fingerprint(): number {
    return this.#root.fingerprint();
  }

  /** This storage's own version of a file that a descriptor was opened on, here or in the original of this copy. */
  own(file: SimFile): SimFile {
    return (this.#copies.get(file) ?? file) as SimFile;
  }

  /** The file at `path`; the system's error if there is none. */
  file(path: string, syscall: string): SimFile {
    const { parent, name } = this.#locate(path, syscall);
    const node = parent.names.get(name);
    if (node instanceof SimFile) return node;
    throw simError(node === undefined ? 'ENOENT' : 'EINVAL', syscall, path);
  }

  /** Whether there is a file or a directory at `path`. */
  has(path: string): boolean {
    let node: SimNode | undefined = this.#root;
    for (const part of partsOf(path)) {
      node = node instanceof SimDirectory ? node.names.get(part) : undefined;
    }
    return node !== undefined;
  }

  /** What tells a file from every other; a copy of the storage has the same. */
  identify(path: string): string | undefined {
    if (!this.has(path)) return undefined;
    const { parent, name } = this.#locate(path, 'stat');
    const node = parent.names.get(name);
    return node instanceof SimFile ? String(node.inode) : 'directory';
  }

  directory(path: string, syscall: string): SimDirectory {
    let directory = this.#root;
    for (const part of partsOf(path)) {
      const node = directory.names.get(part);
      if (node === undefined) throw simError('ENOENT', syscall, path);
      if (!(node instanceof SimDirectory)) throw simError('ENOTDIR', syscall, path);
      directory = node;
    }
    return directory;
  }

  createFile(path: string): SimFile {
    const file = new SimFile();
    this.#add(path, 'open', file);
    return file;
  }

  makeDirectory(path: string): void {
    this.#add(path, 'mkdir', new SimDirectory());
  }

  remove(path: string): void {
    this.file(path, 'unlink');
    const { parent, name } = this.#locate(path, 'unlink');
    parent.remove(name);
  }

  rename(from: string, to: string): void {
    const file = this.file(from, 'rename');
    const source = this.#locate(from, 'rename');
    const target = this.#locate(to, 'rename');
    if (target.parent.names.has(target.name)) throw simError('EEXIST', 'rename', to);
    if (source.parent === target.parent) source.parent.rename(source.name, target.name, file);
    else throw simError('EINVAL', 'rename', from);
  }

  /** Gives a file a second name. */
  link(from: string, to: string): void {
    this.#add(to, 'link', this.file(from, 'link'));
  }

  /** How many more bytes fit. */
  freeBytes(): number {
    if (this.capacityBytes === Number.POSITIVE_INFINITY) return this.capacityBytes;
    return this.capacityBytes - usedBytes(this.#root);
  }

  /** Every file's path with its present bytes, for tests that damage or compare them. */
  files(path = '/'): Map<string, Uint8Array> {
    const found = new Map<string, Uint8Array>();
    const prefix = path.endsWith('/') ? path : `${path}/`;
    for (const [name, node] of this.directory(path, 'scandir').names) {
      if (node instanceof SimFile) found.set(prefix + name, node.bytes());
      else for (const [inner, bytes] of this.files(prefix + name)) found.set(inner, bytes);
    }
    return found;
  }

  /** Puts a durable file with these bytes at `path`, in place of what is there. */
  put(path: string, bytes: Uint8Array): void {
    const { parent, name } = this.#locate(path, 'open');
    parent.add(name, new SimFile(bytes.slice()));
    parent.sync();
  }

  /** Random bytes, or a piece of any file that is on this storage. */
  staleBytes(): StaleBytes {
    let contents: Uint8Array[] | undefined;
    return (into, random) => {
      contents ??= [...this.files().values()].filter((bytes) => bytes.length > 0);
      if (contents.length > 0 && random.chance(0.5)) {
        const source = random.pick(contents);
        const start = random.integer(0, Math.floor((source.length - 1) / 512)) * 512;
        into.set(source.subarray(start, start + into.length));
        return;
      }
      const noise = new SimRandom(random.seed());
      for (let i = 0; i < into.length; i++) into[i] = noise.integer(0, 255);
    };
  }

  #add(path: string, syscall: string, node: SimNode): void {
    const { parent, name } = this.#locate(path, syscall);
    if (parent.names.has(name)) throw simError('EEXIST', syscall, path);
    parent.add(name, node);
  }

  #locate(path: string, syscall: string): { parent: SimDirectory; name: string } {
    const slash = path.lastIndexOf('/');
    return {
      parent: this.directory(path.slice(0, slash), syscall),
      name: path.slice(slash + 1),
    };
  }
}

const parts = new Map<string, readonly string[]>();

/** The names in a path. Few paths come up, each of them very often. */
function partsOf(path: string): readonly string[] {
  let found = parts.get(path);
  if (found === undefined) {
    if (parts.size > 1000) parts.clear();
    found = path.split('/').filter((part) => part !== '');
    parts.set(path, found);
  }
  return found;
}

/** A file with two names counts once. */
function usedBytes(directory: SimDirectory): number {
  let used = 0;
  for (const node of new Set(directory.names.values())) {
    used += node instanceof SimFile ? node.size : usedBytes(node);
  }
  return used;
}

/** A call in flight may be one that would have failed. */
function applyQuietly(effect: InFlight, storage: SimStorage, random: SimRandom): void {
  try {
    effect(storage, random);
  } catch (error) {
    if ((error as { code?: SimErrorCode }).code === undefined) throw error;
  }
}

function shuffled<T>(items: readonly T[], random: SimRandom): T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.integer(0, i);
    [order[i], order[j]] = [order[j] as T, order[i] as T];
  }
  return order;
}
