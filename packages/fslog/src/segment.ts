import type { IndexEntry, RecordId } from '@wal/core';
import { firstIdOf, sequenceOf } from './segment-name.ts';

/** Index entries are at least this far apart. */
const INDEX_INTERVAL_BYTES = 4096;

/** One live segment, as its log knows it. */
export class Segment {
  readonly sequence: number;
  readonly firstId: RecordId;
  readonly name: string;
  /**
   * Where the batches end that may be read: all below it was acknowledged, so what does not check out is
   * corrupt. `undefined` until the segment is read for the first time.
   */
  readableEnd: number | undefined;
  /** The index so far, while the segment grows; `undefined` when the footer or a scan has to tell. */
  index: IndexEntry[] | undefined;
  /** Whether it is known to be what its successor goes on from. */
  isLinked = false;

  constructor(name: string) {
    this.sequence = sequenceOf(name);
    this.firstId = firstIdOf(name);
    this.name = name;
  }
}

/** Adds a batch to an index if it is far enough from the last one in it. */
export function addToIndex(index: IndexEntry[], firstId: RecordId, byteOffset: number): void {
  const last = index.at(-1);
  if (last === undefined || byteOffset - last.byteOffset >= INDEX_INTERVAL_BYTES) {
    index.push({ firstId, byteOffset });
  }
}

/** The last entry at or before `id`, by binary search. */
export function seekIndex(index: readonly IndexEntry[], id: RecordId): IndexEntry | undefined {
  let low = 0;
  let high = index.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((index[middle] as IndexEntry).firstId <= id) low = middle + 1;
    else high = middle;
  }
  return index[low - 1];
}
