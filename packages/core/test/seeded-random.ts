const { WAL_SEED } = process.env;

/** The seed of this run's random tests, in their titles; WAL_SEED runs them again with the same one. */
export const seed: number =
  WAL_SEED === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(WAL_SEED);

/** Numbers and bytes that follow from a seed alone (mulberry32). */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** An integer from `min` to `max`. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.#fraction() * (max - min + 1));
  }

  /** An integer from 0 to 2^53 − 1, as likely short as long. */
  uint53(): number {
    const bits = this.integer(0, 53);
    return Math.min(Math.floor(this.#fraction() * 2 ** bits), Number.MAX_SAFE_INTEGER);
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.integer(0, 255));
  }

  #fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
}
