import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';

const CHUNK_BYTES = 65_536;

/** What a device holds, without its stretches of zeros. */
export class SparseImage {
  readonly size: number;
  readonly #chunks = new Map<number, Buffer>();

  constructor(size: number) {
    this.size = size;
  }

  copy(): SparseImage {
    const copy = new SparseImage(this.size);
    for (const [i, chunk] of this.#chunks) copy.#chunks.set(i, Buffer.from(chunk));
    return copy;
  }

  read(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let done = 0; done < length; ) {
      const within = (offset + done) % CHUNK_BYTES;
      const count = Math.min(CHUNK_BYTES - within, length - done);
      const chunk = this.#chunks.get((offset + done - within) / CHUNK_BYTES);
      chunk?.copy(bytes, done, within, within + count);
      done += count;
    }
    return bytes;
  }

  write(offset: number, data: Uint8Array): void {
    for (let done = 0; done < data.length; ) {
      const within = (offset + done) % CHUNK_BYTES;
      const part = data.subarray(done, done + CHUNK_BYTES - within);
      this.#chunk((offset + done - within) / CHUNK_BYTES, part)?.set(part, within);
      done += part.length;
    }
  }

  #chunk(i: number, part: Uint8Array): Buffer | undefined {
    let chunk = this.#chunks.get(i);
    if (chunk === undefined && part.some((byte) => byte !== 0)) {
      chunk = Buffer.alloc(CHUNK_BYTES);
      this.#chunks.set(i, chunk);
    }
    return chunk;
  }

  /** Writes it to a file of its size, with holes where it holds none but zeros. */
  save(path: string): void {
    const fd = openSync(path, 'w');
    try {
      ftruncateSync(fd, this.size);
      for (const [i, chunk] of this.#chunks) {
        const length = Math.min(CHUNK_BYTES, this.size - i * CHUNK_BYTES);
        const written = writeSync(fd, chunk, 0, length, i * CHUNK_BYTES);
        if (written !== length) throw new Error(`${path}: wrote ${written} of ${length} bytes`);
      }
    } finally {
      closeSync(fd);
    }
  }
}
