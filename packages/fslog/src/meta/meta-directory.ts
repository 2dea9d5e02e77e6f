import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Disk, LogError } from '@wal/core';
import { closeQuietly, writeFully } from '../disk/file-io.ts';
import { errorCode } from '../disk/storage-error.ts';
import { encodeMetaSlot, META_SLOT_BYTES, type MetaState } from './meta.ts';
import { META } from './meta-slots.ts';

const EPOCH = /^[0-9a-f]{16}$/;
const DRAFT = '.new';

/**
 * The directory META of a log: one file for each owner that the log had lately, named by its epoch in 16
 * hexadecimal digits. The highest is the present owner's, and its existence ends every other's: so no
 * owner ever writes what another one relies on, however late it wakes up.
 */
export class MetaDirectory {
  readonly path: string;
  readonly #disk: Disk;
  readonly #parent: string;

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#parent = directory;
    this.path = join(directory, META);
  }

  /** The epochs that have a file, highest first; none where there is no such directory. */
  async epochs(): Promise<number[]> {
    try {
      const names = await this.#disk.list(this.path);
      const epochs = names
        .filter((name) => EPOCH.test(name))
        .map((name) => Number.parseInt(name, 16));
      return epochs.sort((a, b) => b - a);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return [];
      if (errorCode(error) !== 'ENOTDIR') throw error;
      await this.#disk.list(this.#parent); // If that is none either, this says so.
      throw new LogError('ERR_LOG_UNSUPPORTED_FORMAT', 'META is not the META of a log', {
        segment: META,
      });
    }
  }

  /**
   * Whether nobody has come after the owner of `epoch`. Its successor begins with the file of the very next
   * epoch, and that is removed only after the owner's own: so these two looks suffice, in this order. They take no
   * descriptor, so that a process that has used up its own can go on acknowledging.
   */
  async isNewest(epoch: number): Promise<boolean> {
    if (await this.#disk.exists(this.file(epoch + 1))) return false;
    return await this.#disk.exists(this.file(epoch));
  }

  file(epoch: number): string {
    return join(this.path, epoch.toString(16).padStart(16, '0'));
  }

  /**
   * Creates the file of an epoch, with this in both slots: whole or not at all, since it gets its name only
   * once it is durable. Its name is not durable yet. EEXIST when the epoch is taken.
   */
  async create(epoch: number, slot: Uint8Array): Promise<void> {
    const draft = join(this.path, randomBytes(8).toString('hex') + DRAFT);
    try {
      const file = await this.#disk.create(draft);
      try {
        await writeFully(file, slot, 0);
        await writeFully(file, slot, META_SLOT_BYTES);
        await file.sync();
      } finally {
        await closeQuietly(file);
      }
      await this.#disk.rename(draft, this.file(epoch));
    } catch (error) {
      await this.#disk.remove(draft).catch(() => undefined);
      throw error;
    }
  }

  /** Makes the names in it durable. */
  async sync(): Promise<void> {
    await this.#disk.syncDirectory(this.path);
  }

  /** Removes what owners before `epoch` have left. What fails, the next owner does. */
  async sweep(epoch: number): Promise<void> {
    const names = await this.#disk.list(this.path);
    const isOld = (name: string): boolean =>
      name.endsWith(DRAFT) || (EPOCH.test(name) && Number.parseInt(name, 16) < epoch);
    // Oldest first: an owner that looks for a newer one must never find none.
    for (const name of names.filter(isOld).sort()) await this.#disk.remove(join(this.path, name));
  }

  /** Makes the first file of a log, unless it has one. When it resolves, it is durable. */
  async found(state: MetaState): Promise<void> {
    await this.#disk.makeDirectory(this.path).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error; // Left by a creation that was cut off.
    });
    try {
      await this.create(state.epoch, encodeMetaSlot(state, 1));
    } catch (error) {
      // Whoever took us for dead was quicker, and may have swept our draft.
      if (errorCode(error) !== 'EEXIST' && errorCode(error) !== 'ENOENT') throw error;
    }
    await this.sync();
    await this.#disk.syncDirectory(this.#parent);
  }
}
