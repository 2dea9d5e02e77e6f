import { type Disk, type DiskFile, type DiskLock, isLogError, LogError } from '@wal/core';
import { closeQuietly, writeFully } from '../disk/file-io.ts';
import { errorCode } from '../disk/storage-error.ts';
import { encodeMetaSlot, META_SLOT_BYTES, type MetaState } from './meta.ts';
import type { MetaDirectory } from './meta-directory.ts';
import type { MetaReader } from './meta-reader.ts';
import type { StateSlot } from './meta-slots.ts';

type NewestSlot = Pick<StateSlot, 'index' | 'counter' | 'state'>;

/** The META file of this owner of a log. Nobody else writes it, then or later. */
export class MetaFile {
  readonly #disk: Disk;
  readonly #directory: MetaDirectory;
  readonly #file: DiskFile;
  /** What tells the file from any other that may get its name. */
  readonly #identity: string;
  readonly #epoch: number;
  #state: MetaState;
  #counter: number;
  /** The slot that may be overwritten: the other one tells the state. */
  #spare: 0 | 1;

  private constructor(
    disk: Disk,
    directory: MetaDirectory,
    file: DiskFile,
    identity: string,
    epoch: number,
    newest: NewestSlot,
  ) {
    this.#disk = disk;
    this.#directory = directory;
    this.#file = file;
    this.#identity = identity;
    this.#epoch = epoch;
    this.#state = newest.state;
    this.#counter = newest.counter;
    this.#spare = newest.index === 0 ? 1 : 0;
  }

  /**
   * Makes the holder of `lock` the owner, under an epoch that nobody had. When it resolves, whatever an
   * older owner acknowledged is in `state` and in the segments, and it acknowledges nothing more.
   *
   * An owner that is certainly gone, or this very lock when it has just created the log, hands its file on under a
   * second name, which needs no space. One that may only be stalled is fenced, and this one begins another file.
   * @throws LogError `ERR_LOG_LOCKED` when another opener was quicker
   */
  static async takeOver(disk: Disk, reader: MetaReader, lock: DiskLock): Promise<MetaFile> {
    const { newest, state, directory } = reader;
    const epoch = Math.max(newest.epoch, state.epoch) + 1;
    const before = Buffer.from(state.owner).toString('hex');
    const isGone = before === lock.id || lock.isGone(before);
    let meta: MetaFile | undefined;
    try {
      meta = isGone
        ? await MetaFile.#handOn(disk, reader, epoch)
        : await MetaFile.#begin(disk, reader, epoch, ownerOf(lock));
      if (isGone) await meta.commit({ epoch, owner: ownerOf(lock) });
      else await meta.verifyOwner();
      await directory.sweep(epoch).catch(() => undefined);
      return meta;
    } catch (error) {
      await meta?.close();
      // EEXIST, ENOENT: the name that was to be taken is taken, or gone.
      const isLate = ['EEXIST', 'ENOENT'].includes(errorCode(error) ?? '');
      throw isLate || isLogError(error, 'ERR_LOG_FENCED') ? takenOver() : error;
    }
  }

  static async #handOn(disk: Disk, reader: MetaReader, epoch: number): Promise<MetaFile> {
    const { directory, newest } = reader;
    const file = await disk.open(directory.file(newest), 'write');
    try {
      await disk.link(directory.file(newest), directory.file({ epoch, isFenced: false }));
      await directory.sync();
      await refuseUnlessNewest(reader, epoch, false);
      const { slot } = reader;
      const meta = new MetaFile(disk, directory, file, await file.identify(), epoch, slot);
      // A process that died, or whose sync failed, may have left the newest state in memory only: made
      // durable before the other slot is touched, so that a tear never takes both.
      await meta.#write(slot.bytes, slot.index);
      return meta;
    } catch (error) {
      await closeQuietly(file);
      throw error;
    }
  }

  static async #begin(
    disk: Disk,
    reader: MetaReader,
    epoch: number,
    owner: Uint8Array,
  ): Promise<MetaFile> {
    const { directory, newest } = reader;
    // Before anybody is fenced: there may be no space for it.
    const { path, file } = await directory.createDraft(encodeMetaSlot(reader.state, 0));
    try {
      await directory.fence(newest);
      await refuseUnlessNewest(reader, newest.epoch, true);
      const state = { ...reader.state, epoch, owner };
      const first = { index: 0, counter: 1, state } as const;
      const meta = new MetaFile(disk, directory, file, await file.identify(), epoch, first);
      const slot = encodeMetaSlot(state, first.counter);
      for (const index of [0, 1]) await meta.#write(slot, index);
      await disk.link(path, directory.file({ epoch, isFenced: false }));
      await directory.sync();
      await refuseUnlessNewest(reader, epoch, false);
      return meta;
    } catch (error) {
      await closeQuietly(file);
      throw error;
    } finally {
      await directory.removeDraft(path);
    }
  }

  /** The state as of the last `takeOver` or `commit`. */
  get state(): MetaState {
    return this.#state;
  }

  /**
   * Replaces the state. When it resolves the new state is durable in both slots. When it rejects either
   * state may come back: nothing may be built on it but by opening again.
   * @throws LogError as `verifyOwner`, or the system's error.
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
   * Makes sure that this is still the owner: that its name stands for its file. Changes nothing, and takes no descriptor,
   * so that a process that has used up its own goes on acknowledging.
   * @throws LogError `ERR_LOG_FENCED` with `epoch`, if another writer has opened the log since; `ERR_LOG_FAILED` if
   * the log is not in its directory any more; or the system's error
   */
  async verifyOwner(): Promise<void> {
    const epoch = this.#epoch;
    const name = this.#directory.file({ epoch, isFenced: false });
    if ((await this.#disk.identify(name)) === this.#identity) return;
    const [newest] = await this.#directory.names();
    if (newest === undefined || newest.epoch + Number(newest.isFenced) <= epoch) {
      const message = `the log was moved or removed under its writer, META=${this.#directory.path}`;
      throw new LogError('ERR_LOG_FAILED', message);
    }
    const next = newest.epoch + Number(newest.isFenced);
    const message = `another writer has taken this log over, epoch=${next} ours=${epoch}`;
    throw new LogError('ERR_LOG_FENCED', message, { epoch: next });
  }

  async close(): Promise<void> {
    await closeQuietly(this.#file);
  }

  async #write(slot: Uint8Array, index: number): Promise<void> {
    await writeFully(this.#file, slot, index * META_SLOT_BYTES);
    await this.#file.sync();
  }
}

/** Looks again, and makes sure that this file is the one that counts: another opener may have been quicker. */
async function refuseUnlessNewest(
  reader: MetaReader,
  epoch: number,
  isFenced: boolean,
): Promise<void> {
  await reader.reload();
  const { newest } = reader;
  if (newest.epoch !== epoch || newest.isFenced !== isFenced) throw takenOver();
}

/** The owner of a log, as META has it, that holds `lock`. */
export function ownerOf(lock: DiskLock): Uint8Array {
  return new Uint8Array(Buffer.from(lock.id, 'hex'));
}

export function takenOver(): LogError {
  return new LogError('ERR_LOG_LOCKED', 'another opener has taken this log over', { holder: {} });
}
