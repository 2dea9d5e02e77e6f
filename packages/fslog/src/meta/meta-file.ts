import { type Disk, type DiskFile, type DiskLock, isLogError, LogError } from '@wal/core';
import { closeQuietly, writeFully } from '../disk/file-io.ts';
import { errorCode } from '../disk/storage-error.ts';
import { encodeMetaSlot, META_SLOT_BYTES, type MetaState } from './meta.ts';
import type { MetaDirectory } from './meta-directory.ts';
import type { MetaReader } from './meta-reader.ts';
import type { StateSlot } from './meta-slots.ts';

/** The META file of this owner of a log. Nobody else writes it, then or later. */
export class MetaFile {
  readonly #directory: MetaDirectory;
  readonly #file: DiskFile;
  readonly #epoch: number;
  #state: MetaState;
  #counter: number;
  /** The slot that may be overwritten: the other one tells the state. */
  #spare: 0 | 1;

  private constructor(directory: MetaDirectory, file: DiskFile, epoch: number, newest: StateSlot) {
    this.#directory = directory;
    this.#file = file;
    this.#epoch = epoch;
    this.#state = newest.state;
    this.#counter = newest.counter;
    this.#spare = newest.index === 0 ? 1 : 0;
  }

  /**
   * Makes the holder of `lock` the owner, under an epoch that nobody had. When it resolves, whatever an
   * older owner acknowledged is in `state` and in the segments, and it acknowledges nothing more.
   *
   * An owner that is certainly gone, or this very lock when it has just created the log, hands its file on by a
   * rename, which needs no space. One that may only be stalled keeps its file, and this one creates another: once a
   * higher epoch has a name the old owner acknowledges nothing more, so what its file says then is final.
   * @throws LogError `ERR_LOG_LOCKED` when another opener was quicker
   */
  static async takeOver(disk: Disk, reader: MetaReader, lock: DiskLock): Promise<MetaFile> {
    const { directory, stateEpoch, highestEpoch, state } = reader;
    const epoch = Math.max(highestEpoch, state.epoch) + 1;
    const owner = ownerOf(lock);
    const before = Buffer.from(state.owner).toString('hex');
    const isGone = stateEpoch === highestEpoch && (before === lock.id || lock.isGone(before));
    try {
      if (isGone) {
        await disk.rename(directory.file(stateEpoch), directory.file(epoch));
        await directory.sync();
      } else {
        await directory.create(epoch, encodeMetaSlot({ ...state, epoch, owner }, 0, 'claim'));
      }
    } catch (error) {
      if (errorCode(error) !== 'EEXIST' && errorCode(error) !== 'ENOENT') throw error;
      throw takenOver();
    }
    await reader.reload();
    if (reader.highestEpoch !== epoch) throw takenOver();
    const file = await disk.open(directory.file(epoch), 'write').catch((error: unknown) => {
      throw errorCode(error) === 'ENOENT' ? takenOver() : error; // Swept by a newer owner.
    });
    const meta = new MetaFile(directory, file, epoch, reader.slot);
    try {
      // A process that died, or whose sync failed, may have left the newest state in memory only: made
      // durable before the other slot is touched, so that a tear never takes both.
      if (isGone) await meta.#write(reader.slot.bytes, reader.slot.index);
      await meta.commit({ epoch, owner });
      if (!isGone) await directory.sync();
      await directory.sweep(epoch).catch(() => undefined);
      return meta;
    } catch (error) {
      await file.close().catch(() => undefined);
      throw isLogError(error, 'ERR_LOG_FENCED') ? takenOver() : error;
    }
  }

  /** The state as of the last `takeOver` or `commit`. */
  get state(): MetaState {
    return this.#state;
  }

  /**
   * Replaces the state. When it resolves the new state is durable in both slots. When it rejects either
   * state may come back: nothing may be built on it but by opening again.
   * @throws LogError `ERR_LOG_FENCED`, or the system's error.
   */
  async commit(change: Partial<MetaState>): Promise<void> {
    const state = { ...this.#state, ...change };
    const counter = this.#counter + 1;
    const slot = encodeMetaSlot(state, counter);
    const [first, second] = this.#spare === 0 ? [0, 1] : [1, 0];
    await this.#write(slot, first);
    await this.#write(slot, second);
    await this.verifyOwner();
    this.#state = state;
    this.#counter = counter;
  }

  /**
   * Makes sure that this is still the owner. Changes nothing.
   * @throws LogError `ERR_LOG_FENCED` with `epoch`, the newest owner's as far as it can be told, if another writer
   * has opened the log since.
   */
  async verifyOwner(): Promise<void> {
    if (await this.#directory.isNewest(this.#epoch)) return;
    const [epoch = this.#epoch + 1] = await this.#directory.epochs().catch(() => []);
    throw new LogError(
      'ERR_LOG_FENCED',
      `another writer has taken this log over, epoch=${epoch} ours=${this.#epoch}`,
      { epoch },
    );
  }

  async close(): Promise<void> {
    await closeQuietly(this.#file);
  }

  async #write(slot: Uint8Array, index: number): Promise<void> {
    await writeFully(this.#file, slot, index * META_SLOT_BYTES);
    await this.#file.sync();
  }
}

/** The owner of a log, as META has it, that holds `lock`. */
export function ownerOf(lock: DiskLock): Uint8Array {
  return new Uint8Array(Buffer.from(lock.id, 'hex'));
}

export function takenOver(): LogError {
  return new LogError('ERR_LOG_LOCKED', 'another opener has taken this log over', { holder: {} });
}
