import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { checkOptionsObject, invalidArgument } from '@wal/core';
import { byBytes } from './memory-store.ts';
import type { ByteRange, ListOptions, ObjectEntry, ObjectStore } from './object-store.ts';
import { MAX_KEYS } from './object-store.ts';
import { DeleteError, StoreError } from './store-error.ts';

/** What the system says that will not pass by itself. */
const REFUSALS = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENAMETOOLONG'];
/** What is being written, beside the objects: no key leads here. */
const UNFINISHED = '.unfinished';
/** What is that old there was left by a process that was killed. Were it not, its put would fail, and be repeated. */
const ABANDONED_MS = 3_600_000;

/** Options of a store in a directory. */
export interface DirectoryStoreOptions {
  /**
   * `'sync'`: an object is on the disk before its put resolves. `'none'`: it outlives its process, and not a crash of
   * the machine: for tests, which a busy disk would hold up. Default `'sync'`.
   */
  readonly durability?: 'sync' | 'none' | undefined;
}

/**
 * A store in a directory, created if it is not there: each object is a file, written aside, synced, and then linked
 * to its name, which fails if the name is there. For one host, and for trying a log out: a listing reads directories.
 * @throws LogError `ERR_LOG_INVALID_ARGUMENT`
 */
export function createDirectoryStore(
  directory: string,
  options: DirectoryStoreOptions = {},
): ObjectStore {
  checkOptionsObject('options', options);
  const { durability = 'sync' } = options;
  if (typeof directory !== 'string' || directory === '' || directory.includes('\0')) {
    throw invalidArgument('directory', "a directory's path", directory);
  }
  if (durability !== 'sync' && durability !== 'none') {
    throw invalidArgument('durability', "'sync' or 'none'", durability);
  }
  const writer = new ObjectWriter(directory, durability === 'sync');
  return {
    putIfAbsent: (key, body) => wrapped(() => writer.putIfAbsent(key, body)),
    get: (key, options) => wrapped(() => get(pathOf(directory, key), options?.range)),
    list: (prefix, options) => wrapped(() => list(directory, prefix, options)),
    delete: async (keys) => {
      const failed: string[] = [];
      let cause: unknown;
      for (const key of keys) {
        await unlink(pathOf(directory, key)).catch((error: unknown) => {
          if (isAbsence(error)) return;
          failed.push(key);
          cause = error;
        });
      }
      if (failed.length > 0) throw new DeleteError(failed, cause);
    },
  };
}

class ObjectWriter {
  readonly #directory: string;
  readonly #syncs: boolean;
  #cleaning: Promise<void> | undefined;

  constructor(directory: string, syncs: boolean) {
    this.#directory = directory;
    this.#syncs = syncs;
  }

  async putIfAbsent(key: string, body: Uint8Array): Promise<'created' | 'exists'> {
    const path = pathOf(this.#directory, key);
    const aside = join(this.#directory, UNFINISHED, randomUUID());
    await this.#makeDirectories([UNFINISHED]);
    this.#cleaning ??= this.#removeAbandoned();
    await this.#cleaning;
    const folders = key.split('/').slice(0, -1);
    await this.#makeDirectories(folders);
    let outcome: 'created' | 'exists' = 'created';
    try {
      await this.#write(aside, body);
      await link(aside, path);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      outcome = 'exists'; // Whoever made it may not have synced its name yet, and this answer says that it is there.
    } finally {
      await unlink(aside).catch(() => undefined);
    }
    await this.#syncDirectory(join(this.#directory, ...folders));
    return outcome;
  }

  /** Once, with the first put: whoever opens a log for writing makes one. */
  async #removeAbandoned(): Promise<void> {
    const folder = join(this.#directory, UNFINISHED);
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      // Another process may be quicker: to write it, or to remove it.
      const written = await stat(path).catch(() => undefined);
      const isOld = written !== undefined && Date.now() - written.mtimeMs > ABANDONED_MS;
      if (isOld) await unlink(path).catch(() => undefined);
    }
  }

  async #write(path: string, body: Uint8Array): Promise<void> {
    const file = await open(path, 'wx');
    try {
      await file.writeFile(body);
      if (this.#syncs) await file.sync();
    } finally {
      await file.close();
    }
  }

  /** A synced directory for each folder of a key. */
  async #makeDirectories(folders: readonly string[]): Promise<void> {
    let path = this.#directory;
    await mkdir(path, { recursive: true });
    for (const folder of folders) {
      const parent = path;
      path = join(path, folder);
      const isNew = await mkdir(path).then(
        () => true,
        (error: unknown) => {
          if (codeOf(error) === 'EEXIST') return false;
          throw error;
        },
      );
      if (isNew) await this.#syncDirectory(parent);
    }
  }

  async #syncDirectory(path: string): Promise<void> {
    if (!this.#syncs) return;
    const file = await open(path, 'r');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

async function get(
  path: string,
  range: ByteRange | undefined,
): Promise<{ body: Uint8Array; size: number } | undefined> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (isAbsence(error)) return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    const { offset, length } = range ?? { offset: 0, length: size };
    const body = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
    let filled = 0;
    while (filled < body.length) {
      const { bytesRead } = await file.read(body, filled, body.length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return { body: body.subarray(0, filled), size };
  } finally {
    await file.close();
  }
}

async function list(
  directory: string,
  prefix: string,
  { startAfter = '', limit = MAX_KEYS }: ListOptions = {},
): Promise<readonly ObjectEntry[]> {
  const entries: ObjectEntry[] = [];
  for await (const key of keysUnder(directory, '', prefix, startAfter)) {
    const found = await stat(pathOf(directory, key)).catch((error: unknown) => {
      if (isAbsence(error)) return undefined; // Deleted since.
      throw error;
    });
    if (found === undefined) continue;
    entries.push({ key, size: found.size, modifiedAtMs: found.mtimeMs });
    if (entries.length === limit) break;
  }
  return entries;
}

/** The keys that begin with `prefix` and come after `startAfter`, in order; skips directories that hold none. */
async function* keysUnder(
  directory: string,
  folder: string,
  prefix: string,
  startAfter: string,
): AsyncGenerator<string> {
  const found = await readdir(join(directory, folder), { withFileTypes: true }).catch(
    (error: unknown) => {
      if (isAbsence(error)) return [];
      throw error;
    },
  );
  // A directory stands for the keys that begin with its name and a slash.
  const names = found.map((e) => ({ name: folder + e.name + (e.isDirectory() ? '/' : ''), e }));
  names.sort((a, b) => byBytes(a.name, b.name));
  for (const { name, e } of names) {
    if (folder === '' && e.name === UNFINISHED) continue;
    if (e.isDirectory()) {
      const mayHold = name.startsWith(prefix) || prefix.startsWith(name);
      const isBefore = byBytes(name, startAfter) < 0 && !startAfter.startsWith(name);
      if (mayHold && !isBefore) yield* keysUnder(directory, name, prefix, startAfter);
    } else if (name.startsWith(prefix) && byBytes(name, startAfter) > 0) {
      yield name;
    }
  }
}

/** The file of a key. Keys are paths, without the names that a path gives another meaning. */
function pathOf(directory: string, key: string): string {
  const parts = key.split('/');
  const isPath = parts.every((part) => part !== '' && part !== '.' && part !== '..');
  if (isPath && parts[0] !== UNFINISHED && !key.includes('\0')) return join(directory, key);
  throw new StoreError('refused', `a directory cannot hold the key ${JSON.stringify(key)}`);
}

async function wrapped<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const isRefused = REFUSALS.includes(codeOf(error) ?? '');
    throw new StoreError(isRefused ? 'refused' : 'unavailable', String(error), error);
  }
}

function isAbsence(error: unknown): boolean {
  return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string } | undefined)?.code;
}
