import type { Log } from '@wal/core';
import type { Amount } from './append-lines.ts';
import type { LineSource } from './lines.ts';
import type { Progress } from './progress.ts';

const READ_BYTES = 1024 * 1024;

/** The log does not hold what the file does. */
export class MismatchError extends Error {
  override readonly name = 'MismatchError';
}

/** Options of {@link compareFile}. */
export interface CompareFileOptions {
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/**
 * Reads every record of the log and compares it with the file, byte for byte and to the end of both.
 * @throws MismatchError
 */
export async function compareFile(
  log: Log,
  file: LineSource,
  { progress, signal }: CompareFileOptions,
): Promise<Amount> {
  const amount: Amount = { records: 0, bytes: 0 };
  const contents = new FileContents(file);
  const records = log.iterator({ signal });
  let expectedId = log.firstId;
  for (let batch = await records.nextBatch(); batch.length > 0; batch = await records.nextBatch()) {
    for (const { id, data } of batch) {
      if (id !== expectedId) throw new MismatchError(`record ${id} came instead of ${expectedId}`);
      let compared = contents.compare(data, 0);
      while (compared < data.length) {
        await contents.refill();
        compared = contents.compare(data, compared);
      }
      expectedId = id + 1;
      amount.records++;
      amount.bytes += data.length;
    }
    progress.show(amount.bytes);
  }
  await contents.expectEnd();
  return amount;
}

/** A file, chunk by chunk. It knows nothing of lines, so a mistake in cutting them shows here. */
class FileContents {
  readonly #file: LineSource;
  readonly #chunk = Buffer.allocUnsafe(READ_BYTES);
  #filled = 0;
  #position = 0;
  /** Where the chunk begins in the file. */
  #byteOffset = 0;

  constructor(file: LineSource) {
    this.#file = file;
  }

  /** Compares `data` from `start` on, as far as the chunk goes; returns how far. */
  compare(data: Uint8Array, start: number): number {
    const from = this.#position;
    const length = Math.min(this.#filled - from, data.length - start);
    if (this.#chunk.compare(data, start, start + length, from, from + length) !== 0) {
      throw this.#difference(data.subarray(start, start + length));
    }
    this.#position += length;
    return start + length;
  }

  async refill(): Promise<void> {
    this.#byteOffset += this.#filled;
    const { bytesRead } = await this.#file.read(this.#chunk, 0, this.#chunk.length, null);
    this.#filled = bytesRead;
    this.#position = 0;
    if (bytesRead === 0) {
      throw new MismatchError(`the file ends at byte ${this.#byteOffset}, the log goes on`);
    }
  }

  async expectEnd(): Promise<void> {
    const { bytesRead } = await this.#file.read(this.#chunk, 0, 1, null);
    if (bytesRead > 0 || this.#position < this.#filled) {
      const at = this.#byteOffset + this.#position;
      throw new MismatchError(`the log ends at byte ${at}, the file goes on`);
    }
  }

  #difference(data: Uint8Array): MismatchError {
    const at = data.findIndex((byte, i) => byte !== this.#chunk[this.#position + i]);
    const byteOffset = this.#byteOffset + this.#position + at;
    return new MismatchError(`log and file differ at byte ${byteOffset}`);
  }
}
