import type { DiskFile } from '@wal/core';
import { readFully } from '../disk/file-io.ts';
import { errorCode } from '../disk/storage-error.ts';

/** What the disk cannot read is found out, and stepped over, in pieces of this size. */
const BLOCK_BYTES = 4096;

/** A file to look at: bytes that the disk fails to read show as zeros, which check out as nothing. */
export class TolerantFile implements DiskFile {
  readonly #file: DiskFile;

  constructor(file: DiskFile) {
    this.#file = file;
  }

  async read(buffer: Uint8Array, position: number): Promise<number> {
    try {
      return await this.#file.read(buffer, position);
    } catch (error) {
      if (errorCode(error) !== 'EIO') throw error;
    }
    const size = await this.#file.size();
    const length = Math.max(0, Math.min(buffer.length, size - position));
    for (let at = 0; at < length; at += BLOCK_BYTES) {
      const block = buffer.subarray(at, Math.min(at + BLOCK_BYTES, length));
      await readFully(this.#file, position + at, block.length, block).catch((error: unknown) => {
        if (errorCode(error) !== 'EIO') throw error;
        block.fill(0);
      });
    }
    return length;
  }

  write(buffer: Uint8Array, position: number): Promise<number> {
    return this.#file.write(buffer, position);
  }

  sync(): Promise<void> {
    return this.#file.sync();
  }

  truncate(size: number): Promise<void> {
    return this.#file.truncate(size);
  }

  size(): Promise<number> {
    return this.#file.size();
  }

  identify(): Promise<string> {
    return this.#file.identify();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
