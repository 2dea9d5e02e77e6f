import { type Disk, type DiskFile, isLogError, LogError } from '@wal/core';
import { closeQuietly } from '../disk/file-io.ts';
import { errorCode } from '../disk/storage-error.ts';
import type { MetaState } from './meta.ts';
import { MetaDirectory } from './meta-directory.ts';
import { isSameName, type MetaName } from './meta-name.ts';
import { META, readStateSlot, type StateSlot } from './meta-slots.ts';

/** A file that went away under the look at it was replaced by a newer one: so often at most in a row. */
const MAX_ATTEMPTS = 32;
/** A read beside two commits may find both slots half written: seldom, and hardly ever again. */
const MAX_DAMAGED = 3;

/** Reads a log's state, and changes nothing. */
export class MetaReader {
  readonly directory: MetaDirectory;
  readonly #disk: Disk;
  /** The file read last. */
  #open: { readonly name: MetaName; readonly file: DiskFile } | undefined;
  #slot: StateSlot | undefined;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.directory = new MetaDirectory(disk, directory);
  }

  /**
   * `undefined` when the directory holds no log yet.
   * @throws LogError `ERR_LOG_UNSUPPORTED_FORMAT`, `ERR_LOG_CORRUPT`
   */
  static async open(disk: Disk, directory: string): Promise<MetaReader | undefined> {
    const reader = new MetaReader(disk, directory);
    try {
      if (await reader.#read()) return reader;
    } catch (error) {
      await reader.close();
      throw error;
    }
    return undefined;
  }

  /** The state as of the last look. */
  get state(): MetaState {
    return this.slot.state;
  }

  /** The slot that told it. */
  get slot(): StateSlot {
    return this.#slot as StateSlot;
  }

  /** The file that told it: the newest there was. */
  get newest(): MetaName {
    return this.#open?.name as MetaName;
  }

  /**
   * Looks again, after the looks that were asked for before: another process may have committed, or taken
   * the log over. @throws LogError as `open`
   */
  async reload(): Promise<MetaState> {
    const look = this.#last.then(() => this.#read());
    this.#last = look.catch(() => undefined);
    if (await look) return this.state;
    throw new LogError('ERR_LOG_CORRUPT', 'META is gone', { segment: META, byteOffset: 0 });
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#closeFile();
  }

  /** False: there is nothing to read. */
  async #read(): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      const [newest] = await this.directory.names();
      if (newest === undefined) return false;
      try {
        this.#slot = await readStateSlot(await this.#fileOf(newest));
        return true;
      } catch (error) {
        const mayPass = errorCode(error) === 'ENOENT' && attempt < MAX_ATTEMPTS;
        const isTorn = isLogError(error, 'ERR_LOG_CORRUPT') && attempt < MAX_DAMAGED;
        if (!mayPass && !isTorn) throw error;
      }
    }
  }

  async #fileOf(name: MetaName): Promise<DiskFile> {
    if (this.#open !== undefined && isSameName(this.#open.name, name)) return this.#open.file;
    await this.#closeFile();
    const file = await this.#disk.open(this.directory.file(name), 'read');
    this.#open = { name, file };
    return file;
  }

  async #closeFile(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined) await closeQuietly(open.file);
  }
}
