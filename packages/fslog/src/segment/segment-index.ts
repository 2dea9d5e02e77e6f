import type { IndexEntry, RecordId } from '@wal/core';

/** Entries are at least this far apart. */
const INTERVAL_BYTES = 4096;
const INITIAL_ENTRIES = 64;

/** Where in a segment to start reading for an id: 8 bytes an entry. */
export class SegmentIndex {
  readonly #firstId: RecordId;
  /** For each entry its id − the segment's first id, and its byte offset. */
  #pairs = new Uint32Array(2 * INITIAL_ENTRIES);
  #length = 0;

  /** `firstId` is the segment's. */
  constructor(firstId: RecordId) {
    this.#firstId = firstId;
  }

  static from(firstId: RecordId, entries: readonly IndexEntry[]): SegmentIndex {
    const index = new SegmentIndex(firstId);
    index.#pairs = new Uint32Array(2 * entries.length);
    for (const entry of entries) index.#push(entry.firstId, entry.byteOffset);
    return index;
  }

  get entries(): readonly IndexEntry[] {
    return Array.from({ length: this.#length }, (_, i) => this.#entry(i));
  }

  /** Notes a batch, if it is far enough from the last one noted. */
  add(firstId: RecordId, byteOffset: number): void {
    const last = this.#pairs[2 * this.#length - 1] ?? Number.NEGATIVE_INFINITY;
    if (byteOffset - last >= INTERVAL_BYTES) this.#push(firstId, byteOffset);
  }

  /** The last entry at or before `id`, by binary search. */
  seek(id: RecordId): IndexEntry | undefined {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#entry(middle).firstId <= id) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? undefined : this.#entry(low - 1);
  }

  /** The last entry at or before `byteOffset`, by binary search. */
  seekOffset(byteOffset: number): IndexEntry | undefined {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#entry(middle).byteOffset <= byteOffset) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? undefined : this.#entry(low - 1);
  }

  #entry(i: number): IndexEntry {
    const pairs = this.#pairs;
    return {
      firstId: this.#firstId + (pairs[2 * i] as number),
      byteOffset: pairs[2 * i + 1] as number,
    };
  }

  #push(firstId: RecordId, byteOffset: number): void {
    if (2 * this.#length === this.#pairs.length) {
      const grown = new Uint32Array(2 * this.#pairs.length);
      grown.set(this.#pairs);
      this.#pairs = grown;
    }
    this.#pairs[2 * this.#length] = firstId - this.#firstId;
    this.#pairs[2 * this.#length + 1] = byteOffset;
    this.#length++;
  }
}
