import type { LogRecord, RecordId } from '@wal/core';
import type { RecordBlock } from '../segment/segment-reader.ts';

interface CachedBlock extends Omit<RecordBlock, 'places'> {
  readonly places: Uint32Array;
  /** Whether it was used since it was the oldest, or was added. */
  isUsed: boolean;
}

/** What a block takes besides its bytes, about. */
const BLOCK_OVERHEAD_BYTES = 256;

/** Records that were read before, up to so many bytes; of blocks the oldest goes, unless it was used meanwhile. */
export class RecordCache {
  readonly #maxBytes: number;
  /** By their first ids. Where two overlap, the later one begins later. */
  #blocks: CachedBlock[] = [];
  /** The same, the oldest first. One that was used becomes the youngest instead of going. */
  readonly #byAge = new Set<CachedBlock>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(id: RecordId): LogRecord | undefined {
    const block = this.#blocks[this.#indexOf(id)];
    if (block === undefined || 2 * (id - block.firstId) >= block.places.length) return undefined;
    block.isUsed = true;
    return { id, data: dataOf(block, id) };
  }

  /** Keeps a block, its memory included. */
  add(read: RecordBlock): void {
    const block = compact(read);
    if (sizeOf(block) > this.#maxBytes) return;
    this.#insert(block, block.firstId + block.places.length / 2);
    while (this.#bytes > this.#maxBytes) this.#remove(this.#indexOf(this.#oldest()), 1);
  }

  clear(): void {
    this.#blocks = [];
    this.#byAge.clear();
    this.#bytes = 0;
  }

  /** In the place of those that begin within it. */
  #insert(block: CachedBlock, nextId: RecordId): void {
    const from = this.#indexOf(block.firstId - 1) + 1;
    const to = this.#indexOf(nextId - 1) + 1;
    this.#remove(from, to - from);
    this.#blocks.splice(from, 0, block);
    this.#byAge.add(block);
    this.#bytes += sizeOf(block);
  }

  #remove(index: number, count: number): void {
    for (const block of this.#blocks.splice(index, count)) {
      this.#byAge.delete(block);
      this.#bytes -= sizeOf(block);
    }
  }

  /** The first id of the block that goes next. There is one. */
  #oldest(): RecordId {
    for (const block of this.#byAge) {
      if (!block.isUsed) return block.firstId;
      block.isUsed = false;
      this.#byAge.delete(block);
      this.#byAge.add(block);
    }
    return 0;
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

/** Without the bytes that were read besides its records, where those are most of it. */
function compact({ firstId, bytes, places }: RecordBlock): CachedBlock {
  const [start = 0] = places;
  const end = places.at(-1) ?? start;
  const isLoose = 2 * (end - start) < bytes.buffer.byteLength;
  const kept = Uint32Array.from(places);
  if (!isLoose) return { firstId, bytes, places: kept, isUsed: false };
  for (let i = 0; i < kept.length; i++) kept[i] = (kept[i] as number) - start;
  return { firstId, bytes: bytes.slice(start, end), places: kept, isUsed: false };
}

function sizeOf({ bytes, places }: CachedBlock): number {
  return bytes.buffer.byteLength + places.byteLength + BLOCK_OVERHEAD_BYTES;
}
