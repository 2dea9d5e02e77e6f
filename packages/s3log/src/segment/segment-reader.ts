import type { LogRecord, RecordId, SegmentFooter } from '@wal/core';
import { corrupt } from '../chunk/object-header.ts';
import type { SegmentEntry } from '../root/root.ts';
import { RANGE_BYTES, rangeOf, type SegmentRange } from './segment-range.ts';
import type { SegmentSource } from './segment-source.ts';

/** The most ranges that one reader asks for at once. */
const MOST_AHEAD = 16;

/** Reads records of segments, and asks for the next ranges before they are needed; its reads must not overlap. */
export class SegmentReader {
  readonly #source: SegmentSource;
  readonly #mostAhead: number;
  #nonce: string | undefined;
  /** The range read last: the next read goes on in it, or behind it. */
  #current: SegmentRange | undefined;
  /** Ranges that were asked for, by the record that they begin with. */
  readonly #asked = new Map<RecordId, Promise<SegmentRange>>();

  constructor(source: SegmentSource, windowBytes: number) {
    this.#source = source;
    this.#mostAhead = Math.min(MOST_AHEAD, Math.max(1, Math.floor(windowBytes / RANGE_BYTES)));
  }

  /** Records of a segment that holds `from`, up to at most `through`: at least one. */
  async read(
    segment: SegmentEntry,
    from: RecordId,
    through: RecordId,
  ): Promise<readonly LogRecord[]> {
    const last = Math.min(through, segment.nextId - 1);
    const range = await this.#holding(segment, from, last);
    const first = range.entry.firstId;
    const records = range.records.slice(from - first, last - first + 1);
    if (records.length > 0) return records;
    throw corrupt(this.#source.keyOf(segment), `does not hold record ${from}`, from);
  }

  async #holding(segment: SegmentEntry, from: RecordId, last: RecordId): Promise<SegmentRange> {
    const current = this.#current;
    if (this.#nonce !== segment.nonce) this.#restart(segment.nonce);
    else if (current && from >= current.entry.firstId && from < current.nextId) return current;
    this.#current = undefined;
    const footer = await this.#source.footer(segment);
    const asked = this.#asked.get(from) ?? this.#ask(segment, footer, from, last);
    if (!this.#asked.delete(from)) this.#asked.clear();
    const range = await asked;
    this.#current = range;
    if (range.nextId <= last) this.#askAhead(segment, footer, last);
    return range;
  }

  async #ask(
    segment: SegmentEntry,
    footer: SegmentFooter,
    from: RecordId,
    last: RecordId,
  ): Promise<SegmentRange> {
    const range = rangeOf(footer, from, last);
    if (range !== undefined) return await this.#source.read(segment, range);
    throw corrupt(this.#source.keyOf(segment), `does not hold record ${from}`, from);
  }

  #askAhead(segment: SegmentEntry, footer: SegmentFooter, last: RecordId): void {
    let next = this.#current?.nextId ?? last + 1;
    for (let ahead = 0; ahead < this.#mostAhead && next <= last; ahead++) {
      const range = rangeOf(footer, next, last);
      if (range === undefined) return;
      if (!this.#asked.has(next)) {
        const asked = this.#source.read(segment, range);
        asked.catch(() => undefined); // Whoever takes it hears of it.
        this.#asked.set(next, asked);
      }
      next = range.nextId;
    }
  }

  /** Another segment: what was asked for is not needed. */
  #restart(nonce: string): void {
    this.#asked.clear();
    this.#current = undefined;
    this.#nonce = nonce;
  }
}
