import type { DiskFile } from '@wal/core';
import { readFully } from '../disk/file-io.ts';

/** The most that one look sees. */
export const WINDOW_BYTES: number = 1_048_576;

/** Looks at a file through one buffer, a piece at a time. */
export class ByteWindow {
  readonly #buffer = new Uint8Array(WINDOW_BYTES);
  #file: DiskFile | undefined;
  #bytes: Uint8Array = this.#buffer.subarray(0, 0);
  #position = 0;

  /** Turns to another file, or to the same one as it is now. */
  use(file: DiskFile): void {
    this.#file = file;
    this.#bytes = this.#buffer.subarray(0, 0);
  }

  /** `length` bytes from `position`, fewer only at the end of the file; they are good until the next look. */
  async look(position: number, length: number): Promise<Uint8Array> {
    const end = this.#position + this.#bytes.length;
    if (position < this.#position || position + length > end) {
      this.#bytes = await readFully(this.#file as DiskFile, position, WINDOW_BYTES, this.#buffer);
      this.#position = position;
    }
    const at = position - this.#position;
    return this.#bytes.subarray(at, at + length);
  }
}
