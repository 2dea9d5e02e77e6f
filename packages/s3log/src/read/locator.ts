import type { RecordId } from '@wal/core';
import type { ChunkSource } from '../chunk/chunk-source.ts';
import { corrupt } from '../chunk/object-header.ts';
import { comparePlaces, type SlotPlace } from '../keys/log-keys.ts';
import { firstSlot, keptLast, type Root } from '../root/root.ts';
import type { RootStore } from '../root/root-store.ts';
import type { LogExtent } from './log-extent.ts';
import type { IndexPoint, SparseIndex } from './sparse-index.ts';

/** Finds the chunk that holds a record, by reading the headers of a few chunks. */
export class Locator {
  readonly #source: ChunkSource;
  readonly #index: SparseIndex;
  readonly #extent: LogExtent;
  readonly #roots: RootStore;
  /** Epochs that are known to have no chunk. */
  readonly #empty = new Set<number>();

  constructor(source: ChunkSource, index: SparseIndex, extent: LogExtent, roots: RootStore) {
    this.#source = source;
    this.#index = index;
    this.#extent = extent;
    this.#roots = roots;
  }

  /**
   * The place of the last chunk that begins at or before `id`, which is stored: it holds the record. Or a place
   * before it, with nothing but seals in between.
   */
  async locate(id: RecordId): Promise<SlotPlace> {
    const { root, tail } = this.#extent;
    const known = this.#index.floor(root, id) ?? root.chunks;
    if (known.firstId === id) return { epoch: known.epoch, slot: known.slot };
    // The last epoch that begins at or before the record, of those in which no truncate removed it.
    const epochs = root.epochs
      .map(({ epoch }) => epoch)
      .filter((e) => e > known.epoch && e <= tail.epoch && id <= keptLast(root, e));
    let place: SlotPlace = { epoch: known.epoch, slot: known.slot };
    let low = 0;
    let high = epochs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const begin = await this.#firstChunk(epochs.slice(middle, high), id);
      // Noted in any case: no seal is below the first slot.
      if (begin !== undefined) this.#index.add(begin);
      if (begin === undefined || begin.firstId > id) {
        high = middle;
      } else {
        place = { epoch: begin.epoch, slot: begin.slot };
        low = epochs.indexOf(begin.epoch) + 1;
      }
    }
    return await this.#locateIn(place, id);
  }

  /**
   * The first chunk of the first of these epochs that has any. Passed over by mistake, an epoch before it would be
   * searched, and a stray chunk above the seal of that one taken for the record's.
   * @throws LogError `ERR_LOG_CORRUPT` where there is not even a seal: trimmed meanwhile, most likely.
   */
  async #firstChunk(epochs: readonly number[], id: RecordId): Promise<IndexPoint | undefined> {
    const { root, tail, unsealed } = this.#extent;
    const sealed: number[] = [];
    for (const epoch of epochs) {
      const place = { epoch, slot: firstSlot(root, epoch) };
      const header = await this.#source.header(place);
      if (header === undefined && comparePlaces(place, tail) < 0 && epoch !== unsealed) {
        throw corrupt(this.#source.keyOf(place), 'is missing', id);
      }
      if (header?.kind === 'seal') sealed.push(epoch);
      if (header?.kind !== 'chunk') continue;
      await this.#refuseUnlessEmpty(root, sealed, id);
      return header;
    }
    await this.#refuseUnlessEmpty(root, sealed, id);
    return undefined;
  }

  /**
   * A seal in the first slot that is needed ends an epoch before its first chunk, unless that slot is not needed any more:
   * the chunk in it was deleted, and the late seal of an opener that was outrun came in its place.
   * @throws LogError `ERR_LOG_CORRUPT` if there is a newer root version, by which to search again.
   */
  async #refuseUnlessEmpty(root: Root, sealed: readonly number[], id: RecordId): Promise<void> {
    const unproven = sealed.find((epoch) => !this.#empty.has(epoch));
    if (unproven === undefined) return;
    if (!(await this.#roots.isNewest(root))) {
      const key = this.#source.keyOf({ epoch: unproven, slot: firstSlot(root, unproven) });
      throw corrupt(key, 'may be below a newer trim', id);
    }
    for (const epoch of sealed) this.#empty.add(epoch);
  }

  /** Searches one epoch, from a chunk on that begins at or before the record. */
  async #locateIn(from: SlotPlace, id: RecordId): Promise<SlotPlace> {
    const { epoch } = from;
    const { tail } = this.#extent;
    let low = from.slot;
    let high = this.#index.after(from)?.slot;
    if (high === undefined && tail.epoch === epoch) high = tail.slot;
    // Where the epoch's end is not known: steps that double, until one is beyond the record.
    for (let step = 1; high === undefined; step *= 2) {
      if (await this.#isAtOrBefore({ epoch, slot: low + step }, id)) low += step;
      else high = low + step;
    }
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (await this.#isAtOrBefore({ epoch, slot: middle }, id)) low = middle;
      else high = middle;
    }
    return { epoch, slot: low };
  }

  /** Only such a chunk is noted: one that begins behind `id` may be a stray one above the epoch's seal. */
  async #isAtOrBefore(place: SlotPlace, id: RecordId): Promise<boolean> {
    const chunk = await this.#source.header(place);
    if (chunk?.kind !== 'chunk' || chunk.firstId > id) return false;
    this.#index.add(chunk);
    return true;
  }
}
