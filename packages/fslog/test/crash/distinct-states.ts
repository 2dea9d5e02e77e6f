const FIRST_SLOTS = 1 << 16;

/**
 * Counts the different ones of many fingerprints in bounded memory. The count is exact until `maxSlots` are
 * three quarters full; from then on every other fingerprint is left out, again and again as they fill up,
 * and the rest stands for all (off by one in a thousand for a million slots).
 */
export class DistinctStates {
  /** Open addressing; 0 is an empty slot. */
  #slots: Float64Array;
  readonly #maxSlots: number;
  #held = 0;
  /** Only multiples of it are held. */
  #sampling = 1;

  constructor(maxSlots: number = 1 << 23) {
    this.#maxSlots = maxSlots;
    this.#slots = new Float64Array(Math.min(FIRST_SLOTS, maxSlots));
  }

  /** How many different ones there were. */
  get count(): number {
    return this.#held * this.#sampling;
  }

  get isExact(): boolean {
    return this.#sampling === 1;
  }

  /** @returns whether it may be a new one: always so for those that are left out. */
  add(fingerprint: number): boolean {
    const key = fingerprint === 0 ? 1 : fingerprint;
    if (key % this.#sampling !== 0) return true;
    const slots = this.#slots;
    const mask = slots.length - 1;
    let at = (key ^ (key / 0x1_0000_0000)) & mask;
    while (slots[at] !== 0) {
      if (slots[at] === key) return false;
      at = (at + 1) & mask;
    }
    slots[at] = key;
    if (++this.#held > slots.length * 0.75) this.#makeRoom();
    return true;
  }

  /** The fingerprints that it holds. */
  held(): Float64Array {
    return this.#slots.filter((key) => key !== 0);
  }

  #makeRoom(): void {
    const held = this.held();
    if (this.#slots.length < this.#maxSlots) {
      this.#slots = new Float64Array(this.#slots.length * 2);
    } else {
      this.#slots.fill(0);
      this.#sampling *= 2;
    }
    this.#held = 0;
    for (const key of held) this.add(key);
  }
}
