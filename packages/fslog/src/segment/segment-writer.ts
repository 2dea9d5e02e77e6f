import { join } from 'node:path';
import {
  BatchBuilder,
  type DiskFile,
  encodeFooter,
  encodeSegmentHeader,
  type RecordId,
  type SegmentHeader,
  segmentHeaderBytes,
  segmentSalt,
} from '@wal/core';
import {
  closeQuietly,
  readFully,
  WriteThroughFailure,
  writeFully,
  writeThrough,
  writeZeros,
} from '../disk/file-io.ts';
import type { MetaState } from '../meta/meta.ts';
import type { Settings } from '../options.ts';
import { type BatchPlace, type BatchRun, BatchRunEncoder } from './batch-run.ts';
import { Preallocation } from './preallocation.ts';
import { Segment } from './segment.ts';
import { SegmentIndex } from './segment-index.ts';
import { segmentName } from './segment-name.ts';

/**
 * A write that failed; `isErased` says whether what it left was zeroed, durably. Of several batches the first ones may
 * have been written: then they are in the segment, durably, as if they had been written alone.
 */
export class WriteFailure extends Error {
  readonly isErased: boolean;

  constructor(cause: unknown, isErased: boolean) {
    super('a write to a segment failed', { cause });
    this.isErased = isErased;
  }
}

/** Where a new segment stands among the others. `predecessor`: 0 for none. */
export type SegmentPlace = Pick<SegmentHeader, 'sequence' | 'predecessor' | 'firstId'>;

/** The tail segment, open for writing. Calls must not overlap. */
export class SegmentWriter {
  readonly segment: Segment;
  readonly #header: SegmentHeader;
  readonly #salt: number;
  readonly #file: DiskFile;
  readonly #preallocation: Preallocation | undefined;
  /** Where the next batch goes. */
  #position: number;
  #durableOffset: number;
  #nextId: RecordId;
  #isMarked = true;
  readonly #index: SegmentIndex;
  readonly #runs = new BatchRunEncoder();

  private constructor(
    header: SegmentHeader,
    file: DiskFile,
    preallocation: Preallocation | undefined,
  ) {
    this.segment = new Segment(segmentName(header.sequence, header.firstId));
    this.#header = header;
    this.#salt = segmentSalt(header.uuid, header.sequence);
    this.#file = file;
    this.#preallocation = preallocation;
    this.#position = segmentHeaderBytes(header.metadata.length);
    this.#durableOffset = this.#position;
    this.#nextId = header.firstId;
    this.#index = new SegmentIndex(header.firstId);
    this.segment.index = this.#index;
    this.segment.readableEnd = this.#position;
  }

  /** Creates a segment. When it resolves, the file with its header and its name are durable. */
  static async create(
    { disk, directory, preallocate, segmentBytes }: Settings,
    { uuid, epoch, metadata }: MetaState,
    place: SegmentPlace,
  ): Promise<SegmentWriter> {
    const path = join(directory, segmentName(place.sequence, place.firstId));
    const header = { uuid, epoch, metadata, createdAtMs: Date.now(), ...place };
    const file = await disk.create(path);
    try {
      const bytes = new Uint8Array(segmentHeaderBytes(header.metadata.length));
      encodeSegmentHeader(header, bytes);
      await writeFully(file, bytes, 0);
      await file.sync();
      await disk.syncDirectory(directory);
      const preallocation = preallocate
        ? await Preallocation.open(disk, path, bytes.length, segmentBytes)
        : undefined;
      return new SegmentWriter(header, file, preallocation);
    } catch (error) {
      await file.close().catch(() => undefined);
      await disk.remove(path).catch(() => undefined); // If it stays, the next opening removes it.
      throw error;
    }
  }

  /** Where the next batch goes: the segment's length so far. */
  get position(): number {
    return this.#position;
  }

  /** How much of it is durable. */
  get durableOffset(): number {
    return this.#durableOffset;
  }

  /** The id after the last record that was written. */
  get nextId(): RecordId {
    return this.#nextId;
  }

  /**
   * Writes batches, one behind the other, not yet durable, not yet readable.
   * @throws WriteFailure
   */
  async write(batches: readonly BatchBuilder[], appendedAtMs: number): Promise<void> {
    await this.#write(batches, appendedAtMs, (bytes) =>
      writeFully(this.#file, bytes, this.#position),
    );
  }

  /**
   * As `write`, and durable already where the disk has one call for both; `sync` does what is left to do.
   *
   * Such a call makes durable what it writes, and not a mark before it that was left to the system: a hole there would
   * hide the batches behind it.
   * @throws WriteFailure
   */
  async writeThrough(batches: readonly BatchBuilder[], appendedAtMs: number): Promise<void> {
    if (this.#durableOffset !== this.#position) return await this.write(batches, appendedAtMs);
    let isDurable = false;
    await this.#write(batches, appendedAtMs, async (bytes) => {
      isDurable = await writeThrough(this.#file, bytes, this.#position);
    });
    if (isDurable) this.#durableOffset = this.#position;
  }

  async #write(
    batches: readonly BatchBuilder[],
    appendedAtMs: number,
    write: (bytes: Uint8Array) => Promise<void>,
  ): Promise<void> {
    const run = this.#runs.encode(batches, {
      firstId: this.#nextId,
      epoch: this.#header.epoch,
      appendedAtMs,
      byteOffset: this.#position,
      durableOffset: this.#durableOffset,
      salt: this.#salt,
    });
    const { bytes } = run;
    const end = this.#position + bytes.length;
    const step = this.#preallocation?.beforeWrite(end);
    if (step !== undefined) await step;
    try {
      await write(bytes);
    } catch (error) {
      const isThrough = error instanceof WriteThroughFailure;
      throw new WriteFailure(isThrough ? error.cause : error, await this.#erase(run, isThrough));
    }
    this.#take(run.places);
    this.#preallocation?.afterWrite(end, bytes.length);
  }

  /** Goes on behind batches that are written. */
  #take(places: readonly BatchPlace[]): void {
    for (const { firstId, byteOffset, endOffset, nextId } of places) {
      if (nextId > firstId) this.#index.add(firstId, byteOffset);
      this.#position = endOffset;
      this.#nextId = nextId;
      this.#isMarked = false;
    }
  }

  /** Makes what was written durable. A failure is final: the caller must give the segment up. */
  async sync(): Promise<void> {
    const end = this.#position;
    if (end === this.#durableOffset) return;
    await this.#file.sync();
    this.#durableOffset = end;
  }

  /** Lets readers have what was written. */
  publish(): void {
    this.segment.readableEnd = this.#position;
  }

  /**
   * Writes a batch of no records, whose durable offset covers all before it, and does not sync it. With it
   * the last records are known to have been durable without a later one to say so.
   */
  async mark(nowMs: number): Promise<void> {
    if (this.#isMarked || this.#durableOffset !== this.#position) return;
    await this.write([new BatchBuilder()], nowMs);
    this.#isMarked = true;
  }

  /**
   * Stops writing: footer behind the batches, file cut to its length, both durable. `successor` is the
   * sequence of the segment that the log goes on in. May be tried again when it failed for want of space.
   */
  async seal(successor?: number): Promise<void> {
    await this.#preallocation?.close();
    const footer = {
      byteOffset: this.#position,
      nextId: this.#nextId,
      successor,
      entries: this.#index.entries,
    };
    const bytes = encodeFooter(footer, this.#header.firstId, this.#salt);
    await writeFully(this.#file, bytes, this.#position);
    await this.#file.truncate(this.#position + bytes.length);
    await this.#file.sync();
    this.segment.index = undefined;
    await closeQuietly(this.#file);
  }

  /** Closes the file as it is. */
  async abandon(): Promise<void> {
    try {
      await this.#preallocation?.close();
    } finally {
      await this.#file.close();
    }
  }

  /**
   * Zeroes what a failed write left, but for the batches that are there as a whole: whoever takes the log over from
   * here may count them in, and they must not change any more. False if that fails too, if all of them are there, or if
   * one is whose sync may have failed: no later one says whether it is on the disk.
   */
  async #erase({ bytes, places }: BatchRun, isSyncInDoubt: boolean): Promise<boolean> {
    const start = this.#position;
    try {
      const found = await readFully(this.#file, start, bytes.length);
      const isThere = ({ byteOffset, endOffset }: BatchPlace): boolean => {
        const [from, to] = [byteOffset - start, endOffset - start];
        return Buffer.compare(found.subarray(from, to), bytes.subarray(from, to)) === 0;
      };
      const count = places.findIndex((place) => !isThere(place));
      if (count < 0 || (count > 0 && isSyncInDoubt)) return false;
      const whole = places.slice(0, count);
      const end = whole.at(-1)?.endOffset ?? start;
      try {
        await writeZeros(this.#file, end, start + found.length);
      } catch {
        await this.#file.truncate(end); // Where writing over a byte takes space, too.
      }
      await this.#file.sync();
      this.#take(whole);
      this.#durableOffset = this.#position;
      return true;
    } catch {
      return false;
    }
  }
}
