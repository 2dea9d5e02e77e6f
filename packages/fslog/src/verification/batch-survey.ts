import {
  BATCH_ALIGNMENT,
  BATCH_HEADER_BYTES,
  BATCH_MAGIC,
  type BatchHeader,
  batchBytes,
  crc32,
  decodeBatchHeader,
  isLogError,
  type RecordId,
  refuseUnsupportedBatch,
  throwIfAborted,
  viewOf,
} from '@wal/core';
import type { ScannedSegment } from '../segment/batch-scan.ts';
import { readRemainder } from '../segment/durability-proof.ts';
import { type ByteWindow, WINDOW_BYTES } from './byte-window.ts';

/** Batches that do not check out: `firstId` to `nextId` − 1 were in them, which may be no id at all. */
export interface BatchDamage {
  readonly byteOffset: number;
  readonly bytes: number;
  readonly firstId: RecordId;
  /** `undefined` when nothing tells how far they went. */
  readonly nextId: RecordId | undefined;
  /** Whether all of their headers check out: only who reads these very records comes across the damage. */
  readonly hasHeaders: boolean;
}

/** What a segment's batches came to. */
export interface BatchSurvey {
  readonly damages: readonly BatchDamage[];
  /** Intact batches that this release cannot represent. */
  readonly unsupported: readonly BatchDamage[];
  /** Bytes behind the last batch that nothing proves durable. */
  readonly torn: { readonly byteOffset: number; readonly bytes: number } | undefined;
  /** Where the last batch ends that checks out, and the id after it; before all, if there is none. */
  readonly byteOffset: number;
  readonly nextId: RecordId;
}

/** What is known of where the batches of a segment end. */
export interface SurveyExtent {
  /** Where they begin. */
  readonly byteOffset: number;
  readonly firstId: RecordId;
  /** The id after the last one; `undefined` where nothing but the batches tells. */
  readonly nextId: RecordId | undefined;
  /** Where they end at the latest, by META or a footer. */
  readonly end: number | undefined;
  /** Whether it is a tail that was not closed: its last bytes may be a write that was cut off. */
  readonly isOpen: boolean;
}

type Found = 'intact' | 'unsupported' | 'damaged' | 'unexpected';

/**
 * Reads every batch of a segment. Behind what does not check out it goes on with the next batch that does, told
 * by its header's CRC and by the byte offset that it states.
 */
export class BatchSurveyor {
  readonly #segment: ScannedSegment;
  readonly #window: ByteWindow;
  readonly #extent: SurveyExtent;
  readonly #signal: AbortSignal | undefined;
  readonly #damages: BatchDamage[] = [];
  readonly #unsupported: BatchDamage[] = [];
  #at: number;
  #nextId: RecordId;

  constructor(
    segment: ScannedSegment,
    window: ByteWindow,
    extent: SurveyExtent,
    signal: AbortSignal | undefined,
  ) {
    this.#segment = segment;
    this.#window = window;
    this.#extent = extent;
    this.#signal = signal;
    this.#at = extent.byteOffset;
    this.#nextId = extent.firstId;
    window.use(segment.file);
  }

  /** Calls `visit` for each batch that checks out. @throws only the system's errors, and the signal's reason */
  async run(visit: (header: BatchHeader) => Promise<void> | void): Promise<BatchSurvey> {
    while (!this.#isDone()) {
      throwIfAborted(this.#signal);
      const header = await this.#headerAt(this.#at);
      const found = header === undefined ? 'unexpected' : await this.#examine(header);
      if (header !== undefined && (found === 'intact' || found === 'unsupported')) {
        if (found === 'intact') await visit(header);
        else this.#unsupported.push(spanOf(header));
        this.#at += batchBytes(header.bodyBytes);
        this.#nextId = header.firstId + header.recordCount;
        if (!Number.isSafeInteger(this.#nextId)) break;
        continue;
      }
      const survey = await this.#resume(found === 'damaged' ? header : undefined);
      if (survey !== undefined) return survey;
    }
    return this.#result(undefined);
  }

  /** What a tail that was not closed holds is read to its very end, as opening does. */
  #isDone(): boolean {
    const { isOpen, nextId, end } = this.#extent;
    return isOpen ? end !== undefined && this.#at >= end : this.#nextId >= (nextId as RecordId);
  }

  /** Goes on behind what does not check out; gives the end of it if there is nothing to go on with. */
  async #resume(header: BatchHeader | undefined): Promise<BatchSurvey | undefined> {
    const { nextId: endId, end, isOpen } = this.#extent;
    const at = this.#at;
    if (isOpen && end === undefined) {
      const { proof, end: dirtyEnd } = await readRemainder(this.#segment, at);
      if (proof === undefined) {
        const torn = dirtyEnd > at ? { byteOffset: at, bytes: dirtyEnd - at } : undefined;
        return this.#result(torn);
      }
      this.#window.use(this.#segment.file);
    }
    const next = await this.#find(header === undefined ? at : at + BATCH_ALIGNMENT);
    if (next !== undefined) {
      const { byteOffset, firstId } = next;
      const span = header && spanOf(header);
      const hasHeaders = span?.nextId === firstId && at + span.bytes === byteOffset;
      this.#damaged({ byteOffset: at, bytes: byteOffset - at, nextId: firstId, hasHeaders });
      this.#at = next.byteOffset;
      this.#nextId = next.firstId;
      return undefined;
    }
    const size = await this.#segment.file.size();
    const bytes = Math.max(0, Math.min(size, end ?? size) - at);
    this.#damaged({ byteOffset: at, bytes, nextId: endId, hasHeaders: false });
    return this.#result(undefined);
  }

  /** Notes damage; what follows on damage without a batch between them is one. */
  #damaged(damage: Omit<BatchDamage, 'firstId'>): void {
    const last = this.#damages.at(-1);
    if (last !== undefined && last.byteOffset + last.bytes === damage.byteOffset) {
      this.#damages.pop();
      const bytes = last.bytes + damage.bytes;
      const hasHeaders = last.hasHeaders && damage.hasHeaders;
      this.#damages.push({ ...last, bytes, nextId: damage.nextId, hasHeaders });
    } else {
      this.#damages.push({ ...damage, firstId: this.#nextId });
    }
  }

  #result(torn: BatchSurvey['torn']): BatchSurvey {
    return {
      damages: this.#damages,
      unsupported: this.#unsupported,
      torn,
      byteOffset: this.#at,
      nextId: this.#nextId,
    };
  }

  async #headerAt(at: number): Promise<BatchHeader | undefined> {
    const bytes = await this.#window.look(at, BATCH_HEADER_BYTES);
    return decodeBatchHeader(bytes, viewOf(bytes), 0, at, this.#segment.salt);
  }

  async #examine(header: BatchHeader): Promise<Found> {
    const { firstId, epoch, byteOffset, bodyBytes } = header;
    if (firstId !== this.#nextId || epoch !== this.#segment.epoch) return 'unexpected';
    const end = byteOffset + batchBytes(bodyBytes);
    if (end > (await this.#segment.file.size())) return 'damaged';
    if (this.#extent.end !== undefined && end > this.#extent.end) return 'damaged';
    const body = await this.#readBody(header);
    if (body.crc !== header.bodyCrc) return 'damaged';
    try {
      refuseUnsupportedBatch(header, this.#segment.name);
    } catch (error) {
      if (!isLogError(error)) throw error;
      return 'unsupported';
    }
    return body.stated === bodyBytes ? 'intact' : 'damaged';
  }

  /** A body's CRC, and the length that its records' lengths come to: piece by piece, however long it is. */
  async #readBody({ byteOffset, bodyBytes, recordCount }: BatchHeader): Promise<{
    readonly crc: number;
    readonly stated: number;
  }> {
    const start = byteOffset + BATCH_HEADER_BYTES;
    let crc = 0;
    let stated = recordCount * 4;
    for (let done = 0; done < bodyBytes; ) {
      throwIfAborted(this.#signal);
      const bytes = await this.#window.look(start + done, Math.min(WINDOW_BYTES, bodyBytes - done));
      if (bytes.length === 0) break;
      crc = crc32(bytes, crc);
      const view = viewOf(bytes);
      const lengths = Math.min(bytes.length, recordCount * 4 - done);
      for (let at = 0; at + 4 <= lengths; at += 4) stated += view.getUint32(at, true);
      done += bytes.length;
    }
    return { crc, stated };
  }

  /** The next header from `from` on that is whole, and of a batch that may follow. */
  async #find(from: number): Promise<BatchHeader | undefined> {
    const { end } = this.#extent;
    let at = from;
    for (;;) {
      throwIfAborted(this.#signal);
      const bytes = await this.#window.look(at, WINDOW_BYTES);
      const view = viewOf(bytes);
      let pos = 0;
      for (; pos + BATCH_HEADER_BYTES <= bytes.length; pos += BATCH_ALIGNMENT) {
        if (view.getUint32(pos, true) !== BATCH_MAGIC) continue;
        const header = decodeBatchHeader(bytes, view, pos, at + pos, this.#segment.salt);
        if (header === undefined) continue;
        if (end !== undefined && header.byteOffset >= end) return undefined;
        if (this.#mayFollow(header)) return header;
      }
      if (bytes.length < WINDOW_BYTES) return undefined;
      at += pos;
    }
  }

  #mayFollow({ epoch, firstId }: BatchHeader): boolean {
    const { nextId = Number.POSITIVE_INFINITY, isOpen } = this.#extent;
    if (epoch !== this.#segment.epoch || firstId < this.#nextId) return false;
    return isOpen ? firstId <= nextId : firstId < nextId;
  }
}

function spanOf({ byteOffset, bodyBytes, firstId, recordCount }: BatchHeader): BatchDamage {
  const bytes = batchBytes(bodyBytes);
  return { byteOffset, bytes, firstId, nextId: firstId + recordCount, hasHeaders: true };
}
