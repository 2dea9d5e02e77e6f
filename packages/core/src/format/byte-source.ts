/** Chunks of bytes, of any sizes, read in pieces of asked sizes. Holds no more than it was asked for, and a chunk. */
export class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #parts: Uint8Array[] = [];
  #held = 0;
  #isAtEnd = false;
  /** How many bytes were taken. */
  byteOffset = 0;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next `length` bytes, or the fewer that are left, without taking them. */
  async peek(length: number): Promise<Uint8Array> {
    while (this.#held < length && !this.#isAtEnd) {
      const { done, value } = await this.#chunks.next();
      if (done) this.#isAtEnd = true;
      else if (value.length > 0) this.#hold(value);
    }
    const [first] = this.#parts;
    if (first === undefined) return new Uint8Array(0);
    if (first.length < length && this.#parts.length > 1) this.#parts = [concatenate(this.#parts)];
    return (this.#parts[0] as Uint8Array).subarray(0, length);
  }

  /** As `peek`, and takes them. */
  async take(length: number): Promise<Uint8Array> {
    const bytes = await this.peek(length);
    this.byteOffset += bytes.length;
    this.#held -= bytes.length;
    const [first, ...rest] = this.#parts;
    if (first === undefined) return bytes;
    const left = first.subarray(bytes.length);
    this.#parts = left.length > 0 ? [left, ...rest] : rest;
    return bytes;
  }

  #hold(chunk: Uint8Array): void {
    this.#parts.push(chunk);
    this.#held += chunk.length;
  }
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
