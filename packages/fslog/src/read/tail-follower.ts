import {
  BATCH_HEADER_BYTES,
  type BatchHeader,
  batchBytes,
  type LogError,
  type RecordId,
} from '@wal/core';
import { closeQuietly, readFully } from '../disk/file-io.ts';
import { corruptAt } from '../disk/storage-error.ts';
import type { MetaState } from '../meta/meta.ts';
import type { Settings } from '../options.ts';
import { refuseOlderMeta } from '../recovery/successor.ts';
import { type ScanPoint, type ScanStop, scanBatches } from '../segment/batch-scan.ts';
import { readRemainder } from '../segment/durability-proof.ts';
import { readFooter } from '../segment/read-footer.ts';
import type { Segment } from '../segment/segment.ts';
import { SegmentIndex } from '../segment/segment-index.ts';
import { openScan, type SegmentScan } from '../segment/segment-scan.ts';

/**
 * Reads the tail segment while another process writes it. A record counts as durable once something in
 * the log says so: a later batch's durable offset, or the note of a clean close.
 */
export class TailFollower {
  readonly segment: Segment;
  readonly #scan: SegmentScan;
  readonly #index: SegmentIndex;
  #point: ScanPoint;
  /** How much was known to be durable when that was looked at last. */
  #durableOffset = 0;
  #nextId: RecordId;
  #hasLookedBehindZeros = false;
  #isAtEnd = false;

  private constructor(segment: Segment, scan: SegmentScan) {
    this.segment = segment;
    this.#scan = scan;
    this.#point = scan.start;
    this.#nextId = segment.firstId;
    this.#index = new SegmentIndex(segment.firstId);
    segment.index = this.#index;
    segment.readableEnd = scan.start.byteOffset;
  }

  /**
   * Opens the tail of `meta`, which may have been left since: META names the next one before a footer does.
   * @throws LogError `ERR_LOG_CORRUPT` when a footer does, and not what `reload` gives then; and as `openScan`
   */
  static async open(
    settings: Settings,
    segment: Segment,
    meta: MetaState,
    reload: () => Promise<MetaState>,
  ): Promise<TailFollower> {
    const scan = await openScan(settings.disk, settings.directory, segment, meta, 'read');
    try {
      const footer = await readFooter(scan.file, segment.firstId, scan.salt);
      const isLeft = footer?.successor !== undefined;
      if (isLeft && (await reload()).tail.sequence === segment.sequence) {
        await refuseOlderMeta(settings, segment, footer);
      }
      return new TailFollower(segment, scan);
    } catch (error) {
      await closeQuietly(scan.file);
      throw error;
    }
  }

  /** The id after the last record that is known to be durable. */
  get nextId(): RecordId {
    return this.#nextId;
  }

  /**
   * Reads on. A batch that is not all there yet is left for the next time.
   * @throws LogError `ERR_LOG_CORRUPT` when a later one, or a clean close, proves that it was.
   */
  async advance(clean: MetaState['clean']): Promise<void> {
    let stop = await this.#readOn();
    // Zeros are the usual end: what a writer left is looked through once, what one writes later is not.
    while (stop === 'damage' || (stop === 'end' && !this.#hasLookedBehindZeros)) {
      const { byteOffset } = this.#point;
      const { proof } = await readRemainder(this.#scan, byteOffset);
      this.#hasLookedBehindZeros = true;
      if (proof === undefined) break;
      // It may have been completed between the two looks.
      stop = await this.#readOn();
      if (this.#point.byteOffset === byteOffset && stop !== 'footer') throw this.#corrupt();
    }
    const cleanEnd = clean?.byteOffset ?? 0;
    if (this.#point.byteOffset < cleanEnd) throw this.#corrupt();
    await this.#publish(Math.max(this.#point.durableOffset, cleanEnd));
  }

  async close(): Promise<void> {
    await closeQuietly(this.#scan.file);
  }

  async #readOn(): Promise<ScanStop> {
    // Mostly nothing has come: 64 bytes tell, where a scan would read a megabyte of zeros.
    if (this.#isAtEnd && (await this.#isStillZero())) return 'end';
    const { stop, ...point } = await scanBatches(this.#scan, this.#point, (header) =>
      this.#visit(header),
    );
    this.#point = point;
    this.#isAtEnd = stop === 'end';
    return stop;
  }

  async #isStillZero(): Promise<boolean> {
    const bytes = await readFully(this.#scan.file, this.#point.byteOffset, BATCH_HEADER_BYTES);
    return bytes.every((byte) => byte === 0);
  }

  #visit({ firstId, byteOffset, durableOffset }: BatchHeader): void {
    this.#index.add(firstId, byteOffset);
    // As a writer states it that syncs between its writes.
    if (durableOffset === byteOffset) this.#show(byteOffset, firstId);
  }

  /**
   * Shows the batches that end at `durableOffset` at the latest. Where each of them ends is not kept: there may be
   * tens of millions that nothing proves yet. The last one is looked for, from the nearest one in the index.
   */
  async #publish(durableOffset: number): Promise<void> {
    const { byteOffset, nextId } = this.#point;
    if (durableOffset >= byteOffset) return this.#show(byteOffset, nextId);
    const near = this.#index.seekOffset(durableOffset);
    if (near === undefined || durableOffset <= this.#durableOffset) return;
    const start = { byteOffset: near.byteOffset, nextId: near.firstId, durableOffset: 0 };
    const last = { end: near.byteOffset, nextId: near.firstId };
    await scanBatches(this.#scan, start, (batch) => {
      const end = batch.byteOffset + batchBytes(batch.bodyBytes);
      if (end > durableOffset) return;
      last.end = end;
      last.nextId = batch.firstId + batch.recordCount;
    });
    this.#show(last.end, last.nextId);
    this.#durableOffset = durableOffset;
  }

  #show(end: number, nextId: RecordId): void {
    if (end <= (this.segment.readableEnd as number)) return;
    this.segment.readableEnd = end;
    this.#nextId = nextId;
  }

  #corrupt(): LogError {
    return corruptAt(this.segment.name, this.#point.byteOffset, this.#point.nextId);
  }
}
