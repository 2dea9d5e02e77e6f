import type { LogRecord, RecordId } from '@wal/core';
import type { RecordBlock } from '../segment/segment-reader.ts';

interface CachedBlock extends Omit<RecordBlock, 'places'> {
  readonly places: Uint32Array;
  /** When it was last used, by the count of uses. */
  usedAt: number;
}

/** What a block takes besides its bytes, about. */
const BLOCK_OVERHEAD_BYTES = 256;

/** Records that were read before, up to so many bytes; of blocks the one goes that was not used for longest. */
export class RecordCache {
  readonly #maxBytes: number;
  /** By their first ids. Where two overlap, the later one begins later. */
  #blocks: CachedBlock[] = [];
  #bytes = 0;
  #uses = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(id: RecordId): LogRecord | undefined {
    const block = this.#blocks[this.#indexOf(id)];
    if (block === undefined || 2 * (id - block.firstId) >= block.places.length) return undefined;
    block.usedAt = ++this.#uses;
    return { id, data: dataOf(block, id) };
  }

  /** Keeps a block, its memory included. */
  add({ firstId, bytes, places }: RecordBlock): void {
    const block = { firstId, bytes, places: Uint32Array.from(places), usedAt: ++this.#uses };
    if (sizeOf(block) > this.#maxBytes) return;
    this.#insert(block, firstId + places.length / 2);
    while (this.#bytes > this.#maxBytes) this.#remove(this.#leastUsed(), 1);
  }

  clear(): void {
    this.#blocks = [];
    this.#bytes = 0;
  }

  /** In the place of those that begin within it. */
  #insert(block: CachedBlock, nextId: RecordId): void {
    const from = this.#indexOf(block.firstId - 1) + 1;
    const to = this.#indexOf(nextId - 1) + 1;
    this.#remove(from, to - from);
    this.#blocks.splice(from, 0, block);
    this.#bytes += sizeOf(block);
  }

  #remove(index: number, count: number): void {
    for (const block of this.#blocks.splice(index, count)) this.#bytes -= sizeOf(block);
  }

  /** By a look at all of them, which is little beside the read that made it necessary. */
  #leastUsed(): number {
    let least = 0;
    for (let i = 1; i < this.#blocks.length; i++) {
      if (this.#block(i).usedAt < this.#block(least).usedAt) least = i;
    }
    return least;
  }

  /** The last block that begins at `id` or before it, by binary search; −1 if there is none. */
  #indexOf(id: RecordId): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#block(middle).firstId <= id) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #block(index: number): CachedBlock {
    return this.#blocks[index] as CachedBlock;
  }
}

/** A copy of a record's data: what callers do to it must not be seen by others. */
export function dataOf(
  { firstId, bytes, places }: { firstId: RecordId; bytes: Uint8Array; places: ArrayLike<number> },
  id: RecordId,
): Uint8Array {
  const at = 2 * (id - firstId);
  return bytes.slice(places[at], places[at + 1]);
}

function sizeOf({ bytes, places }: CachedBlock): number {
  return bytes.length + places.byteLength + BLOCK_OVERHEAD_BYTES;
}
