import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Disk, type DiskFile, LogError } from '@wal/core';
import { closeQuietly, writeFully } from '../disk/file-io.ts';
import { errorCode } from '../disk/storage-error.ts';
import { encodeMetaSlot, META_SLOT_BYTES, type MetaState } from './meta.ts';
import { byNewest, type MetaName, parseMetaName, showMetaName } from './meta-name.ts';
import { META } from './meta-slots.ts';

const DRAFT = '.new';

/** A file that nobody looks for yet: its bytes are durable, its name is not. */
export interface MetaDraft {
  readonly path: string;
  readonly file: DiskFile;
}

/**
 * The directory META of a log: one file for each owner that the log had lately, by its epoch. An owner is one as
 * long as its name stands for its own file. Whoever takes the log over takes that name away first: so no owner
 * writes what another one relies on, however late it wakes up.
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

  /**
   * The files in it, newest first; none where there is no such directory.
   * @throws LogError `ERR_LOG_UNSUPPORTED_FORMAT` when it is of something else
   */
  async names(): Promise<MetaName[]> {
    let found: readonly string[];
    try {
      found = await this.#disk.list(this.path);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return [];
      if (errorCode(error) !== 'ENOTDIR') throw error;
      await this.#disk.list(this.#parent); // If that is none either, this says so.
      throw this.#foreign(META);
    }
    const names = found.flatMap((name) => parseMetaName(name) ?? []);
    const foreign = found.find((name) => parseMetaName(name) === undefined && !isDraft(name));
    if (names.length === 0 && foreign !== undefined) throw this.#foreign(join(META, foreign));
    return names.sort(byNewest);
  }

  /** The path of a file. */
  file(name: MetaName): string {
    return join(this.path, showMetaName(name));
  }

  /** Creates a file with this in both slots. */
  async createDraft(slot: Uint8Array): Promise<MetaDraft> {
    const path = join(this.path, randomBytes(8).toString('hex') + DRAFT);
    const file = await this.#disk.create(path);
    try {
      await writeFully(file, slot, 0);
      await writeFully(file, slot, META_SLOT_BYTES);
      await file.sync();
      return { path, file };
    } catch (error) {
      await closeQuietly(file);
      await this.removeDraft(path);
      throw error;
    }
  }

  /** What stays, is swept by the next owner. */
  async removeDraft(path: string): Promise<void> {
    await this.#disk.remove(path).catch(() => undefined);
  }

  /**
   * Takes an owner's name away, and keeps its file under the other: from then on it acknowledges nothing more, so that
   * what the file says is all that it ever acknowledged. Durable before the first name goes: at no time is there none.
   * May be done again. ENOENT when the owner has a successor already.
   */
  async fence({ epoch, isFenced }: MetaName): Promise<void> {
    const name = this.file({ epoch, isFenced: false });
    if (!isFenced) {
      const kept = this.file({ epoch, isFenced: true });
      await this.#disk.link(name, kept).catch(unless('EEXIST')); // Another opener is at it.
    }
    await this.sync(); // Also where that one made the link: it may have died since.
    await this.#disk.remove(name).catch(unless('ENOENT'));
  }

  /** Makes the names in it durable. */
  async sync(): Promise<void> {
    await this.#disk.syncDirectory(this.path);
  }

  /** Removes what owners before `epoch` have left. What fails, the next owner does. */
  async sweep(epoch: number): Promise<void> {
    const isOld = (name: string): boolean =>
      isDraft(name) || (parseMetaName(name)?.epoch ?? epoch) < epoch;
    for (const name of (await this.#disk.list(this.path)).filter(isOld)) {
      await this.#disk.remove(join(this.path, name)).catch(unless('ENOENT'));
    }
  }

  /** Makes the first file of a log, unless it has one. When it resolves, it is durable. */
  async found(state: MetaState): Promise<void> {
    await this.#disk.makeDirectory(this.path).catch(unless('EEXIST')); // Left by a creation that was cut off.
    const { path, file } = await this.createDraft(encodeMetaSlot(state, 1));
    await closeQuietly(file);
    try {
      await this.#disk.link(path, this.file({ epoch: state.epoch, isFenced: false }));
    } catch (error) {
      // Whoever took us for dead was quicker, and may have swept our draft.
      if (errorCode(error) !== 'EEXIST' && errorCode(error) !== 'ENOENT') throw error;
    } finally {
      await this.removeDraft(path);
    }
    await this.sync();
    await this.#disk.syncDirectory(this.#parent);
  }

  #foreign(file: string): LogError {
    const message = `META is not the META of a log, directory=${this.#parent} file=${file}`;
    return new LogError('ERR_LOG_UNSUPPORTED_FORMAT', message, { segment: META });
  }
}

function isDraft(name: string): boolean {
  return name.endsWith(DRAFT);
}

/** For `catch`: passes over the system's error of this code. */
function unless(code: string): (error: unknown) => undefined {
  return (error) => {
    if (errorCode(error) === code) return undefined;
    throw error;
  };
}
