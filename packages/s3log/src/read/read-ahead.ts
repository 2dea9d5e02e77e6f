import type { RecordId } from '@wal/core';
import type { DecodedObject } from '../chunk/chunk.ts';
import type { ChunkSource } from '../chunk/chunk-source.ts';
import type { SlotPlace } from '../keys/log-keys.ts';
import type { EpochLimit, LogExtent } from './log-extent.ts';

/** How many chunks a reader asks for behind the first one. Not so many where the next may be the epoch's seal. */
const FIRST_AHEAD = 4;
/** The most that it asks for at once. */
const MOST_AHEAD = 64;

/**
 * Reads chunk after chunk, and asks for the next ones before they are needed: twice as many after each, but no more
 * than fill a window of bytes, by the largest chunk seen so far, and than hold what is left to read, by the average.
 */
export class ReadAhead {
  readonly #source: ChunkSource;
  readonly #extent: LogExtent;
  readonly #windowBytes: number;
  readonly #asked = new Map<number, Promise<DecodedObject | undefined>>();
  #epoch = -1;
  #ahead = 0;
  /** 0: nothing is known of sizes. */
  #largest: number;
  #chunks = 0;
  #records = 0;

  constructor(source: ChunkSource, extent: LogExtent, windowBytes: number) {
    this.#source = source;
    this.#extent = extent;
    this.#windowBytes = windowBytes;
    this.#largest = extent.listedBytes ?? 0;
  }

  /** What is stored at a place, for a reader that needs records from `from`, which is there or behind it, up to `through`. */
  async take(
    place: SlotPlace,
    from: RecordId,
    through: RecordId,
  ): Promise<DecodedObject | undefined> {
    const { epoch, slot } = place;
    if (epoch !== this.#epoch || !this.#asked.has(slot)) this.#begin(place, from, through);
    const asked = this.#asked.get(slot);
    this.#asked.delete(slot);
    try {
      const object = await asked;
      if (object === undefined || object.kind === 'seal') this.#restart(epoch);
      else this.#askBehind(object, through);
      return object;
    } catch (error) {
      this.#restart(epoch);
      throw error;
    }
  }

  /** A jump: what was asked for is not needed, and reading ahead begins small. */
  #restart(epoch: number): void {
    this.#asked.clear();
    if (epoch !== this.#epoch) this.#ahead = 0;
    this.#epoch = epoch;
  }

  /** Asks for the first chunk, and at once for some behind it where they are sure to be chunks, and of some size. */
  #begin(place: SlotPlace, from: RecordId, through: RecordId): void {
    const { epoch, slot } = place;
    this.#restart(epoch);
    this.#ask(place);
    const end = this.#endOf(epoch);
    if (end === undefined || this.#largest === 0) return;
    const chunks = end.slot - slot;
    const records = end.nextId - from;
    if (chunks <= 1 || records <= 0) return;
    const needed = Math.ceil(((through - from + 1) * chunks) / records);
    if (needed <= 1) return;
    this.#ahead = Math.max(this.#ahead, Math.min(FIRST_AHEAD, this.#most));
    this.#askUpTo(place, Math.min(this.#ahead, needed - 1));
  }

  #askBehind(object: DecodedObject, through: RecordId): void {
    const { epoch, size, recordCount, nextId } = object;
    this.#largest = Math.max(this.#largest, size);
    this.#chunks++;
    this.#records += recordCount;
    const left = through - nextId + 1;
    if (left <= 0) return;
    const wanted = this.#ahead * 2 || (this.#endOf(epoch) === undefined ? 1 : FIRST_AHEAD);
    this.#ahead = Math.max(1, Math.min(wanted, this.#most, MOST_AHEAD));
    const needed = Math.ceil((left * this.#chunks) / this.#records);
    this.#askUpTo(object, Math.min(this.#ahead, needed));
  }

  /** How many chunks fill the window. Up: a window of eight chunks' data takes eight, which are a little larger than that. */
  get #most(): number {
    return Math.ceil(this.#windowBytes / this.#largest);
  }

  /** Where an epoch ends, as far as that is known. */
  #endOf(epoch: number): EpochLimit | undefined {
    const { tail, nextId, sealed } = this.#extent;
    if (epoch === tail.epoch) return { ...tail, nextId };
    return epoch === sealed?.epoch ? sealed : undefined;
  }

  /** Asks for so many behind a place, as far as they are not on their way. */
  #askUpTo({ epoch, slot }: SlotPlace, count: number): void {
    const end = this.#endOf(epoch)?.slot ?? Number.POSITIVE_INFINITY;
    for (let next = slot + 1; next <= slot + count && next < end; next++) {
      if (!this.#asked.has(next)) this.#ask({ epoch, slot: next });
    }
  }

  #ask(place: SlotPlace): void {
    const asked = this.#source.read(place);
    asked.catch(() => undefined); // Whoever takes it hears of it.
    this.#asked.set(place.slot, asked);
  }
}
