import { join } from 'node:path';
import { type Disk, type DiskFile, LogError } from '@wal/core';
import {
  decodeMetaSlot,
  encodeMetaSlot,
  META_SLOT_BYTES,
  type MetaSlot,
  type MetaState,
} from './meta.ts';
import { readFully, writeFully } from './transfer.ts';

export const META = 'META';
const NEW_META = 'META.new';

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
  await disk.rename(path, join(directory, META));
  await disk.syncDirectory(directory);
}

/** Whether a file in the log's directory belongs to META. */
export function isMetaName(name: string): boolean {
  return name === META || name === NEW_META;
}

/** META, open. Only `commit` changes the log's state, and only while this handle owns the log. */
export class MetaFile {
  readonly #file: DiskFile;
  #state: MetaState;
  #counter: number;
  /** What both slots hold since this handle's last commit. */
  #committed: Uint8Array | undefined;

  private constructor(file: DiskFile, newest: NewestSlot) {
    this.#file = file;
    this.#state = newest.state;
    this.#counter = newest.counter;
  }

  /** @throws LogError `ERR_LOG_UNSUPPORTED_FORMAT`, `ERR_LOG_CORRUPT` */
  static async open(disk: Disk, directory: string, mode: 'read' | 'write'): Promise<MetaFile> {
    const file = await disk.open(join(directory, META), mode);
    try {
      return new MetaFile(file, newestSlot(await readSlots(file)));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The state as of the last `open`, `reload` or `commit` of this handle. */
  get state(): MetaState {
    return this.#state;
  }

  /** Reads the state again: another process may have committed. */
  async reload(): Promise<MetaState> {
    this.#state = newestSlot(await readSlots(this.#file)).state;
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
    // First the slot that does not hold the newest state: a tear must not take the only good one.
    const second = await this.#newestOwnSlot(state.epoch);
    for (const index of [1 - second, second]) {
      // Before each write: a stalled process may wake up between the two.
      await this.#newestOwnSlot(state.epoch);
      await writeFully(this.#file, slot, index * META_SLOT_BYTES);
      await this.#file.sync();
    }
    // A newer owner may have come and read the old state while we wrote.
    await this.#newestOwnSlot(state.epoch);
    this.#state = state;
    this.#counter = counter;
    this.#committed = slot;
  }

  /** @throws LogError `ERR_LOG_FENCED` with `epoch`, if another writer has opened the log since. */
  async verifyOwner(): Promise<void> {
    await this.#newestOwnSlot(this.#state.epoch);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** Which slot holds the newest state, if that is not a newer owner's. @throws LogError `ERR_LOG_FENCED` */
  async #newestOwnSlot(ownEpoch: number): Promise<0 | 1> {
    const bytes = await readSlots(this.#file);
    if (this.#committed !== undefined && isTwice(bytes, this.#committed)) return 0;
    const { index, state } = newestSlot(bytes);
    if (state.epoch <= ownEpoch) return index;
    throw new LogError(
      'ERR_LOG_FENCED',
      `another writer has taken this log over, epoch=${state.epoch} ours=${ownEpoch}`,
      { epoch: state.epoch },
    );
  }
}

interface NewestSlot {
  readonly index: 0 | 1;
  readonly counter: number;
  readonly state: MetaState;
}

async function readSlots(file: DiskFile): Promise<Uint8Array> {
  return await readFully(file, 0, 2 * META_SLOT_BYTES);
}

function isTwice(bytes: Uint8Array, slot: Uint8Array): boolean {
  const first = Buffer.compare(bytes.subarray(0, META_SLOT_BYTES), slot);
  return first === 0 && Buffer.compare(bytes.subarray(META_SLOT_BYTES), slot) === 0;
}

/** The slot that tells the state; of the newest two the first. */
function newestSlot(bytes: Uint8Array): NewestSlot {
  const slots = [
    decodeMetaSlot(bytes.subarray(0, META_SLOT_BYTES)),
    decodeMetaSlot(bytes.subarray(META_SLOT_BYTES)),
  ];
  let newest: NewestSlot | undefined;
  slots.forEach((slot, i) => {
    if (slot.kind === 'valid' && (newest === undefined || isNewer(slot, newest))) {
      newest = { index: i === 0 ? 0 : 1, counter: slot.counter, state: slot.state };
    }
  });
  if (newest === undefined) throw unreadable(slots);
  return newest;
}

function isNewer(slot: MetaSlot & { kind: 'valid' }, than: NewestSlot): boolean {
  const epochs = slot.state.epoch - than.state.epoch;
  return epochs === 0 ? slot.counter > than.counter : epochs > 0;
}

function unreadable(slots: readonly MetaSlot[]): LogError {
  const unsupported = slots.find((slot) => slot.kind === 'unsupported');
  if (unsupported !== undefined) {
    return new LogError(
      'ERR_LOG_UNSUPPORTED_FORMAT',
      `META is of format version ${unsupported.version}, which this release does not read`,
      { segment: META, version: unsupported.version },
    );
  }
  if (slots.every((slot) => slot.kind === 'foreign')) {
    return new LogError('ERR_LOG_UNSUPPORTED_FORMAT', 'META is not the META of a log', {
      segment: META,
    });
  }
  return new LogError('ERR_LOG_CORRUPT', 'neither slot of META checks out', {
    segment: META,
    byteOffset: 0,
  });
}
