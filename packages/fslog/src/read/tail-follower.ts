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
  #point: ScanPoint;
  /** Batches that are there, but not known to be durable yet: where each ends, and the id after it. */
  #unproven: { readonly end: number; readonly nextId: RecordId }[] = [];
  #nextId: RecordId;
  #hasLookedBehindZeros = false;
  #isAtEnd = false;

  private constructor(segment: Segment, scan: SegmentScan) {
    this.segment = segment;
    this.#scan = scan;
    this.#point = scan.start;
    this.#nextId = segment.firstId;
    segment.index = new SegmentIndex(segment.firstId);
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
    this.#publish(Math.max(this.#point.durableOffset, cleanEnd));
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

  #visit(header: BatchHeader): void {
    this.segment.index?.add(header.firstId, header.byteOffset);
    this.#unproven.push({
      end: header.byteOffset + batchBytes(header.bodyBytes),
      nextId: header.firstId + header.recordCount,
    });
  }

  #publish(durableOffset: number): void {
    let count = 0;
    for (const { end, nextId } of this.#unproven) {
      if (end > durableOffset) break;
      this.segment.readableEnd = end;
      this.#nextId = nextId;
      count++;
    }
    this.#unproven.splice(0, count);
  }

  #corrupt(): LogError {
    return corruptAt(this.segment.name, this.#point.byteOffset, this.#point.nextId);
  }
}
