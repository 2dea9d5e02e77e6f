/** Smaller ones cost nothing to allocate. */
const LEAST_BYTES = 65_536;
/** More are not kept: each that comes back is soon taken again. */
const MOST_KEPT = 2;

/** Memory of chunks to use again: fresh pages cost the system more time than the bytes that are copied into them. */
export class ChunkBuffers {
  readonly #free: ArrayBufferLike[] = [];

  /** Memory of so many bytes, with anything in it. */
  take(bytes: number): Buffer {
    const kept = bytes < LEAST_BYTES ? undefined : this.#free.pop();
    if (kept === undefined || kept.byteLength < bytes) return Buffer.allocUnsafeSlow(bytes);
    return Buffer.from(kept, 0, bytes);
  }

  /** Takes back what `take` gave. Only what nobody reads any more: no request that was given up, and may go on. */
  give(bytes: Uint8Array): void {
    const { buffer } = bytes;
    if (buffer.byteLength >= LEAST_BYTES && this.#free.length < MOST_KEPT) this.#free.push(buffer);
  }
}
