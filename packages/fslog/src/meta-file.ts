import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Disk, type DiskFile, LogError } from '@wal/core';
import { encodeMetaSlot, META_SLOT_BYTES, type MetaState } from './meta.ts';
import { META, MetaSlots, type ValidSlot } from './meta-slots.ts';
import { errorCode } from './storage-error.ts';
import { writeFully } from './transfer.ts';

const NEW_META = 'META.new';
/** More rounds than this mean that openers keep taking the log from one another. */
const MAX_ROUNDS = 32;

/** Writes META for the first time. Whole or not at all: it gets its name only once it is durable. */
export async function createMeta(disk: Disk, directory: string, state: MetaState): Promise<void> {
  const path = join(directory, NEW_META);
  await disk.remove(path).catch(() => undefined); // Left by a creation that was cut off.
  const file = await disk.create(path);
  try {
    const slot = encodeMetaSlot(state, 1);
    await writeFully(file, slot, 0);
    await writeFully(file, slot, META_SLOT_BYTES);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await disk.rename(path, join(directory, META));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    await disk.remove(path); // Whoever took us for dead was quicker: it is their log.
  }
  await disk.syncDirectory(directory);
}

/** Whether a file in the log's directory belongs to META. */
export function isMetaName(name: string): boolean {
  return name === META || name === NEW_META;
}

/** META, open. Only `takeOver` and `commit` change it, and `commit` only while this handle owns the log. */
export class MetaFile {
  readonly #file: DiskFile;
  #state: MetaState;
  #counter: number;
  /** What both slots hold since this handle's last commit. */
  #committed: Uint8Array | undefined;

  private constructor(file: DiskFile, newest: ValidSlot) {
    this.#file = file;
    this.#state = newest.state;
    this.#counter = newest.counter;
  }

  /** @throws LogError `ERR_LOG_UNSUPPORTED_FORMAT`, `ERR_LOG_CORRUPT` */
  static async open(disk: Disk, directory: string, mode: 'read' | 'write'): Promise<MetaFile> {
    const file = await disk.open(join(directory, META), mode);
    try {
      return new MetaFile(file, (await MetaSlots.read(file)).newest);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The state as of the last `open`, `reload`, `takeOver` or `commit` of this handle. */
  get state(): MetaState {
    return this.#state;
  }

  /** Reads the state again: another process may have committed. */
  async reload(): Promise<MetaState> {
    this.#state = (await MetaSlots.read(this.#file)).newest.state;
    return this.#state;
  }

  /**
   * Makes this handle the owner, with an epoch that nobody had. When it resolves, whatever an older owner
   * acknowledged is in `state` and in the segments, and it acknowledges nothing more.
   *
   * First both slots get a claim: the state as it is, counter and all, under the new epoch. A claim found
   * undisturbed in both fences every other owner: each looks for a higher epoch before it acknowledges.
   * Only then the counter moves on, past any commit that an older owner may have under way; so until then
   * a claim never outweighs a commit that it has not seen.
   */
  async takeOver(): Promise<void> {
    const owner = new Uint8Array(randomBytes(8));
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const slots = await MetaSlots.read(this.#file);
      const base = slots.newest;
      // A process that died, or whose sync failed, may have left the newest state in memory only: made
      // durable before the other slot is touched, so that a tear never takes both.
      await this.#write(slots.bytes(base.index), base.index);
      if (!(await MetaSlots.read(this.#file)).areSame(slots)) continue;
      const epoch = Math.max(...slots.valid.map(({ state }) => state.epoch)) + 1;
      this.#state = { ...base.state, epoch, owner };
      this.#counter = base.counter;
      if (!(await this.#claim(base))) continue;
      this.#counter++; // An older owner's commit under way has this one.
      await this.commit({});
      return;
    }
    throw new LogError('ERR_LOG_LOCKED', 'other openers keep taking this log over');
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
    // First the slot that does not hold the newest state: a tear must not take the only good one.
    const { newest: second } = await this.#verify();
    await this.#write(slot, 1 - second);
    await this.#verify(); // A process that was stalled since may only learn now that it lost the log.
    await this.#write(slot, second);
    await this.#verify();
    this.#state = state;
    this.#counter = counter;
    this.#committed = slot;
  }

  /**
   * Makes sure that this handle still owns the log, and that both slots say what it has committed: an
   * owner that was stalled long ago may have written to one what it had in hand then. Not beside `commit`.
   * @throws LogError `ERR_LOG_FENCED` with `epoch`, if another writer has opened the log since.
   */
  async verifyOwner(): Promise<void> {
    const { isIntact } = await this.#verify();
    if (!isIntact && this.#committed !== undefined) await this.commit({});
  }

  /** Changes nothing. @throws LogError as `verifyOwner` */
  async checkOwner(): Promise<void> {
    await this.#verify();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** Writes the claim to both slots; false if anything else was written to either meanwhile. */
  async #claim(base: ValidSlot): Promise<boolean> {
    const claim = encodeMetaSlot(this.#state, this.#counter);
    await this.#write(claim, 1 - base.index);
    const between = await MetaSlots.read(this.#file);
    if (between.valid.some((slot) => this.#isRival(slot) || slot.counter > base.counter))
      return false;
    await this.#write(claim, base.index);
    return (await MetaSlots.read(this.#file)).areBoth(claim);
  }

  /** The index of the slot with the newest state, and whether both hold it, unless one is a rival's. */
  async #verify(): Promise<{ readonly newest: 0 | 1; readonly isIntact: boolean }> {
    const slots = await MetaSlots.read(this.#file);
    const isIntact = this.#committed !== undefined && slots.areBoth(this.#committed);
    if (isIntact) return { newest: 0, isIntact };
    const rival = slots.valid.find((slot) => this.#isRival(slot));
    if (rival === undefined) return { newest: slots.newest.index, isIntact };
    const { epoch } = rival.state;
    throw new LogError(
      'ERR_LOG_FENCED',
      `another writer has taken this log over, epoch=${epoch} ours=${this.#state.epoch}`,
      { epoch },
    );
  }

  /** Whether a slot was written by an owner that is not older than this one. */
  #isRival({ state }: ValidSlot): boolean {
    if (state.epoch !== this.#state.epoch) return state.epoch > this.#state.epoch;
    return Buffer.compare(state.owner, this.#state.owner) !== 0;
  }

  async #write(slot: Uint8Array, index: number): Promise<void> {
    await writeFully(this.#file, slot, index * META_SLOT_BYTES);
    await this.#file.sync();
  }
}
