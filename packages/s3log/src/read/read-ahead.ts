import type { DecodedObject } from '../chunk/chunk.ts';
import type { ChunkSource } from '../chunk/chunk-source.ts';
import type { SlotPlace } from '../keys/log-keys.ts';
import type { LogExtent } from './log-extent.ts';

/** The most chunks that one reader asks for at once. */
const MOST_AHEAD = 64;

/**
 * Reads chunk after chunk, and asks for the next ones before they are needed: twice as many after each, as many
 * as fill a window of bytes by the largest chunk seen so far.
 */
export class ReadAhead {
  readonly #source: ChunkSource;
  readonly #extent: LogExtent;
  readonly #windowBytes: number;
  readonly #asked = new Map<number, Promise<DecodedObject | undefined>>();
  #epoch = -1;
  #ahead = 0;
  #largest = 1;

  constructor(source: ChunkSource, extent: LogExtent, windowBytes: number) {
    this.#source = source;
    this.#extent = extent;
    this.#windowBytes = windowBytes;
  }

  /** What is stored at a place. `goesOn`: whether the reader will need the next chunk too. */
  async take(
    place: SlotPlace,
    goesOn: (object: DecodedObject) => boolean,
  ): Promise<DecodedObject | undefined> {
    const { epoch, slot } = place;
    if (epoch !== this.#epoch || !this.#asked.has(slot)) this.#restart(epoch);
    const asked = this.#asked.get(slot) ?? this.#source.read(place);
    this.#asked.delete(slot);
    try {
      const object = await asked;
      if (object === undefined || object.kind === 'seal') this.#restart(epoch);
      else if (goesOn(object)) this.#askAhead(object);
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

  #askAhead({ epoch, slot, size }: DecodedObject): void {
    this.#largest = Math.max(this.#largest, size);
    // Up: a window of eight chunks' data takes eight, which are a little larger than that.
    const most = Math.ceil(this.#windowBytes / this.#largest);
    this.#ahead = Math.max(1, Math.min(this.#ahead * 2 || 1, most, MOST_AHEAD));
    const { tail } = this.#extent;
    const end = epoch === tail.epoch ? tail.slot : Number.POSITIVE_INFINITY;
    for (let next = slot + 1; next <= slot + this.#ahead && next < end; next++) {
      if (this.#asked.has(next)) continue;
      const asked = this.#source.read({ epoch, slot: next });
      asked.catch(() => undefined); // Whoever takes it hears of it.
      this.#asked.set(next, asked);
    }
  }
}
