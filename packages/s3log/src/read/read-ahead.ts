import type { DecodedObject } from '../chunk/chunk.ts';
import type { ChunkSource } from '../chunk/chunk-source.ts';
import type { SlotPlace } from '../keys/log-keys.ts';
import type { LogExtent } from './log-extent.ts';

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
  #largest = 1;
  #chunks = 0;
  #records = 0;

  constructor(source: ChunkSource, extent: LogExtent, windowBytes: number) {
    this.#source = source;
    this.#extent = extent;
    this.#windowBytes = windowBytes;
  }

  /** What is stored at a place. `left`: how many records the reader will need behind it. */
  async take(
    place: SlotPlace,
    left: (object: DecodedObject) => number,
  ): Promise<DecodedObject | undefined> {
    const { epoch, slot } = place;
    if (epoch !== this.#epoch || !this.#asked.has(slot)) this.#restart(epoch);
    const asked = this.#asked.get(slot) ?? this.#source.read(place);
    this.#asked.delete(slot);
    try {
      const object = await asked;
      if (object === undefined || object.kind === 'seal') this.#restart(epoch);
      else this.#askAhead(object, left(object));
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

  #askAhead({ epoch, slot, size, recordCount }: DecodedObject, left: number): void {
    this.#largest = Math.max(this.#largest, size);
    this.#chunks++;
    this.#records += recordCount;
    if (left <= 0) return;
    // Up: a window of eight chunks' data takes eight, which are a little larger than that.
    const most = Math.ceil(this.#windowBytes / this.#largest);
    const { tail } = this.#extent;
    const isLast = epoch === tail.epoch;
    const wanted = this.#ahead * 2 || (isLast ? FIRST_AHEAD : 1);
    this.#ahead = Math.max(1, Math.min(wanted, most, MOST_AHEAD));
    const needed = Math.ceil((left * this.#chunks) / this.#records);
    const end = isLast ? tail.slot : Number.POSITIVE_INFINITY;
    for (let next = slot + 1; next <= slot + Math.min(this.#ahead, needed) && next < end; next++) {
      if (this.#asked.has(next)) continue;
      const asked = this.#source.read({ epoch, slot: next });
      asked.catch(() => undefined); // Whoever takes it hears of it.
      this.#asked.set(next, asked);
    }
  }
}
