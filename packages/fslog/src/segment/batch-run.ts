import type { BatchBuilder, BatchPosition, IndexEntry } from '@wal/core';

/** What is kept for the next run. */
const KEPT_BYTES = 2_097_152;

/** Where a batch is in its segment. */
export interface BatchPlace extends IndexEntry {
  /** Where it ends, and the next one begins. */
  readonly endOffset: number;
  /** The id after its last record. */
  readonly nextId: number;
}

/** Batches that follow one another in a segment, encoded for one write. */
export interface BatchRun {
  /** Valid until the next run is encoded, or the builders are reset. */
  readonly bytes: Uint8Array;
  readonly places: readonly BatchPlace[];
}

/** Encodes one run after the other, in memory that it uses again. */
export class BatchRunEncoder {
  #memory: Uint8Array = new Uint8Array(0);

  /** Of one batch or more. `start` is the place of the first one; the others follow it. */
  encode(batches: readonly BatchBuilder[], start: BatchPosition): BatchRun {
    const places: BatchPlace[] = [];
    const memory = batches.length === 1 ? undefined : this.#room(batches);
    let { firstId, byteOffset } = start;
    let bytes = memory;
    for (const batch of batches) {
      const encoded = batch.finish({ ...start, firstId, byteOffset });
      bytes ??= encoded;
      memory?.set(encoded, byteOffset - start.byteOffset);
      const endOffset = byteOffset + encoded.length;
      const nextId = firstId + batch.recordCount;
      places.push({ firstId, byteOffset, endOffset, nextId });
      firstId = nextId;
      byteOffset = endOffset;
    }
    const length = byteOffset - start.byteOffset;
    return { bytes: (bytes as Uint8Array).subarray(0, length), places };
  }

  #room(batches: readonly BatchBuilder[]): Uint8Array {
    let bytes = 0;
    for (const batch of batches) bytes += batch.encodedBytes;
    if (bytes <= this.#memory.length) return this.#memory;
    const memory = new Uint8Array(bytes);
    if (bytes <= KEPT_BYTES) this.#memory = memory;
    return memory;
  }
}
