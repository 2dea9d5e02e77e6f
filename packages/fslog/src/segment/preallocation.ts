import type { Disk, DiskFile } from '@wal/core';
import { closeQuietly, writeZeros } from '../disk/file-io.ts';

const FIRST_STEP_BYTES = 65_536;
const LAST_STEP_BYTES = 4_194_304;
/** Writes this large pay for their own growth: writing zeros first would only double the work. */
const LARGE_WRITE_BYTES = 131_072;

/**
 * Zeros ahead of the writer, in the background: a sync of bytes that overwrite durable zeros needs no
 * change to the file's size or extents, so it skips the file system's journal. Steps double.
 *
 * It has a descriptor of its own, so that a failed sync is reported to it and to the writer, not to one
 * of them; and a write never overlaps a step, so that zeros never land on a batch.
 */
export class Preallocation {
  readonly #file: DiskFile;
  readonly #maxBytes: number;
  #allocatedEnd: number;
  #stepBytes = FIRST_STEP_BYTES;
  #step: Promise<void> | undefined;
  #isOff = false;
  #closing: Promise<void> | undefined;
  #failure: { readonly cause: unknown } | undefined;

  private constructor(file: DiskFile, allocatedEnd: number, maxBytes: number) {
    this.#file = file;
    this.#allocatedEnd = allocatedEnd;
    this.#maxBytes = maxBytes;
  }

  /** Preallocates a file up to `maxBytes`, beginning at `end`, its length; or not, if it cannot be opened again. */
  static async open(
    disk: Disk,
    path: string,
    end: number,
    maxBytes: number,
  ): Promise<Preallocation | undefined> {
    const file = await disk.open(path, 'write').catch(() => undefined);
    return file === undefined ? undefined : new Preallocation(file, end, maxBytes);
  }

  /** What a write up to `end` must wait for: the step that it would overlap. Throws, or rejects, if a sync has failed. */
  beforeWrite(end: number): Promise<void> | undefined {
    if (this.#step !== undefined && end > this.#allocatedEnd) {
      return this.#step.then(() => this.#refuseIfFailed());
    }
    this.#refuseIfFailed();
    return undefined;
  }

  /** Starts the next step when the writer, having written `bytes` up to `end`, comes near the last one's end. */
  afterWrite(end: number, bytes: number): void {
    this.#allocatedEnd = Math.max(this.#allocatedEnd, end);
    const isNear = this.#allocatedEnd - end < this.#stepBytes / 2;
    const isLarge = bytes >= LARGE_WRITE_BYTES;
    if (this.#isOff || isLarge || !isNear || this.#step !== undefined) return;
    const from = this.#allocatedEnd;
    const to = Math.min(from + this.#stepBytes, this.#maxBytes);
    if (to <= from) return;
    this.#stepBytes = Math.min(this.#stepBytes * 2, LAST_STEP_BYTES);
    this.#step = this.#fill(from, to);
  }

  /** Waits for the step under way and closes its descriptor, once. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #refuseIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.cause;
  }

  async #close(): Promise<void> {
    this.#isOff = true;
    await this.#step;
    await closeQuietly(this.#file);
  }

  async #fill(from: number, to: number): Promise<void> {
    try {
      await writeZeros(this.#file, from, to);
      await this.#file.sync().catch((cause: unknown) => {
        this.#failure = { cause };
        throw cause;
      });
      this.#allocatedEnd = to;
    } catch {
      this.#isOff = true; // No space, most likely: the writer goes on without.
    } finally {
      this.#step = undefined;
    }
  }
}
