import type { RecordId } from '@wal/core';
import { comparePlaces, type SlotPlace } from '../keys/log-keys.ts';
import { keptLast, type Root } from '../root/root.ts';

/** A chunk, and the id that it begins with. */
export interface IndexPoint extends SlotPlace {
  readonly firstId: RecordId;
}

/** When it holds more, every other point is forgotten: memory stays bounded, however long the log. */
const MAX_POINTS = 8192;

/** What is known of where records are: some chunks of the log, in order. */
export class SparseIndex {
  #points: IndexPoint[] = [];

  add({ epoch, slot, firstId }: IndexPoint): void {
    const point = { epoch, slot, firstId };
    const at = this.#countBefore(point);
    const there = this.#points[at];
    if (there !== undefined && comparePlaces(there, point) === 0) return;
    this.#points.splice(at, 0, point);
    if (this.#points.length <= MAX_POINTS) return;
    this.#points = this.#points.filter((_, i) => i % 2 === 0);
  }

  /** The last known chunk that begins at or before a record of the log. */
  floor(root: Root, id: RecordId): IndexPoint | undefined {
    return this.#points.findLast(
      (point) =>
        point.firstId <= id &&
        id <= keptLast(root, point.epoch) &&
        comparePlaces(point, root.chunks) >= 0,
    );
  }

  /** The next known chunk of the same epoch. */
  after(place: SlotPlace): IndexPoint | undefined {
    const next = this.#points[this.#countBefore({ epoch: place.epoch, slot: place.slot + 1 })];
    return next?.epoch === place.epoch ? next : undefined;
  }

  /** Forgets what lies below a place. */
  dropBefore(place: SlotPlace): void {
    this.#points.splice(0, this.#countBefore(place));
  }

  #countBefore(place: SlotPlace): number {
    let low = 0;
    let high = this.#points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (comparePlaces(this.#points[middle] as IndexPoint, place) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
