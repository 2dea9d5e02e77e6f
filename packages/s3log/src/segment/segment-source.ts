import { isLogError, type SegmentFooter } from '@wal/core';
import { corrupt } from '../chunk/object-header.ts';
import type { LogContext } from '../log-context.ts';
import type { SegmentEntry } from '../root/root.ts';
import type { ByteRange } from '../store/object-store.ts';
import { decodeSegmentBatches, decodeSegmentFooter, type SegmentBatch } from './segment.ts';
import { rangeOf, type SegmentRange } from './segment-range.ts';

/** Footers that are remembered: those of other segments are read again. */
const MOST_FOOTERS = 16;

/** Reads the segments of one log. */
export class SegmentSource {
  readonly #context: LogContext;
  readonly #uuid: string;
  readonly #footers = new Map<string, Promise<SegmentFooter>>();

  constructor(context: LogContext, uuid: string) {
    this.#context = context;
    this.#uuid = uuid;
  }

  keyOf(segment: SegmentEntry): string {
    return this.#context.keys.segment(segment);
  }

  /** Where the batches of a segment are. @throws LogError `ERR_LOG_CORRUPT`, `ERR_LOG_FAILED` */
  footer(segment: SegmentEntry): Promise<SegmentFooter> {
    const known = this.#footers.get(segment.nonce);
    if (known !== undefined) return known;
    const footer = this.#readFooter(segment);
    const [oldest] = this.#footers.keys();
    if (oldest !== undefined && this.#footers.size >= MOST_FOOTERS) this.#footers.delete(oldest);
    this.#footers.set(segment.nonce, footer);
    footer.catch(() => this.#footers.delete(segment.nonce));
    return footer;
  }

  /** A range with its records. @throws LogError `ERR_LOG_CORRUPT`, `ERR_LOG_FAILED` */
  async read(segment: SegmentEntry, range: SegmentRange): Promise<SegmentRange> {
    const batches = await this.#batches(segment, range);
    return { ...range, records: batches.flatMap(({ records }) => records) };
  }

  /** All of a segment that counts, range after range. @throws LogError `ERR_LOG_CORRUPT`, `ERR_LOG_FAILED` */
  async *batches(segment: SegmentEntry): AsyncGenerator<SegmentBatch> {
    const footer = await this.footer(segment);
    const last = segment.nextId - 1;
    for (let id = segment.firstId; id <= last; ) {
      const range = rangeOf(footer, id, last);
      if (range === undefined) throw corrupt(this.keyOf(segment), `does not hold record ${id}`, id);
      for (const { records, ...batch } of await this.#batches(segment, range)) {
        const kept = records.filter((record) => record.id <= last);
        if (kept.length > 0) yield { ...batch, records: kept };
      }
      id = range.nextId;
    }
  }

  #batches(
    segment: SegmentEntry,
    { entry, endAt }: SegmentRange,
  ): Promise<readonly SegmentBatch[]> {
    const bytes = { offset: entry.byteOffset, length: endAt - entry.byteOffset };
    return this.#checked(segment, bytes, (body, key) =>
      decodeSegmentBatches(body, key, { ...segment, uuid: this.#uuid }, entry),
    );
  }

  #readFooter(segment: SegmentEntry): Promise<SegmentFooter> {
    const { footerAt, bytes } = segment;
    const range = { offset: footerAt, length: bytes - footerAt };
    return this.#checked(segment, range, (body, key) =>
      decodeSegmentFooter(body, key, { ...segment, uuid: this.#uuid }, footerAt),
    );
  }

  /** What does not check out is read once more: it may have been damaged on its way only. */
  async #checked<T>(
    segment: SegmentEntry,
    range: ByteRange,
    decode: (body: Uint8Array, key: string) => T,
  ): Promise<T> {
    const key = this.keyOf(segment);
    const read = async (): Promise<T> => {
      const body = await this.#context.requests.get(key, range);
      if (body?.length === range.length) return decode(body, key);
      throw corrupt(key, body === undefined ? 'is missing' : 'is cut short', segment.firstId);
    };
    try {
      return await read();
    } catch (error) {
      if (!isLogError(error, 'ERR_LOG_CORRUPT')) throw error;
      return await read();
    }
  }
}
