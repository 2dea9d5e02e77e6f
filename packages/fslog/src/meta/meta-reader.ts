import { type Disk, type DiskFile, LogError } from '@wal/core';
import { closeQuietly } from '../disk/file-io.ts';
import { errorCode } from '../disk/storage-error.ts';
import type { MetaState } from './meta.ts';
import { MetaDirectory } from './meta-directory.ts';
import { META, readStateSlot, type StateSlot } from './meta-slots.ts';

/** A file that went away under the look at it was replaced by a newer one: so often at most in a row. */
const MAX_ATTEMPTS = 32;

/** Reads a log's state, and changes nothing. */
export class MetaReader {
  readonly directory: MetaDirectory;
  readonly #disk: Disk;
  /** The file read last, and the epoch it is named by. */
  #file: { readonly epoch: number; readonly file: DiskFile } | undefined;
  #newest: StateSlot | undefined;
  #highestEpoch = 0;
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
    return this.#newest as StateSlot;
  }

  /** The epoch of the file that tells the state. */
  get stateEpoch(): number {
    return this.#file?.epoch as number;
  }

  /** The highest epoch that has a file: above `stateEpoch` while an owner is taking over, or died so. */
  get highestEpoch(): number {
    return this.#highestEpoch;
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
      const epochs = await this.directory.epochs();
      try {
        for (const epoch of epochs) {
          const slot = await readStateSlot(await this.#open(epoch));
          if (slot === undefined) continue;
          this.#newest = slot;
          this.#highestEpoch = epochs[0] as number;
          return true;
        }
        if (epochs.length === 0) return false;
        throw new LogError('ERR_LOG_CORRUPT', 'META holds claims, and no state', {
          segment: META,
          byteOffset: 0,
        });
      } catch (error) {
        if (errorCode(error) !== 'ENOENT' || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  async #open(epoch: number): Promise<DiskFile> {
    if (this.#file?.epoch === epoch) return this.#file.file;
    await this.#closeFile();
    const file = await this.#disk.open(this.directory.file(epoch), 'read');
    this.#file = { epoch, file };
    return file;
  }

  async #closeFile(): Promise<void> {
    const open = this.#file;
    this.#file = undefined;
    if (open !== undefined) await closeQuietly(open.file);
  }
}
