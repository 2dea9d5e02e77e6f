import { fingerprintOf } from './sim-fingerprint.ts';
import type { SimRandom } from './sim-random.ts';

/** What a disk writes as a whole or not at all, unless the write is torn. */
export const SECTOR_BYTES = 512;

const NO_BYTES = new Uint8Array(0);

/**
 * The bytes of one file, twice: what the system would read, and what a power cut would leave.
 *
 * Every sector written since the last sync is pending on its own. A power cut leaves it as it was durable,
 * as it is, as any write in between made it, torn between two of these, or, in the bytes that were being
 * changed, garbage. Bytes that no write touched never change. The size is pending separately; where the
 * file has grown, a sector that was not written back is zeros or what the disk held there before.
 */
export class SimFile {
  static #inodes = 0;
  /** The same in every copy. */
  readonly inode: number;
  /** What is durable; changed in place only while no copy of this file shares it. */
  #durable: Uint8Array;
  #isDurableShared = true;
  /** What a read gives: the first `size` bytes, zeros behind them. */
  #cache: Uint8Array;
  #isCacheShared = true;
  #size: number;
  /** The sectors that are pending, each with the contents it had between the durable and the present one. */
  #pending = new Map<number, Uint8Array[]>();
  #pendingSizes: number[] = [];
  /** Sectors that no sync brings to the disk any more. */
  #unwritten = new Set<number>();
  /** That of what is durable, once it was asked for. */
  #durableFingerprint: number | undefined;
  /** How many syncs have failed: each open descriptor reports each failure once. */
  failedSyncs = 0;

  constructor(durable: Uint8Array = NO_BYTES, inode: number = ++SimFile.#inodes) {
    this.inode = inode;
    this.#durable = durable;
    this.#cache = durable;
    this.#size = durable.length;
  }

  get size(): number {
    return this.#size;
  }

  /** Whether a power cut could leave anything but what is durable. */
  get isPending(): boolean {
    return this.#pending.size > 0 || this.#pendingSizes.length > 0;
  }

  /** Equal for equal bytes, as a read gives them. */
  fingerprint(): number {
    if (this.isPending || this.#unwritten.size > 0)
      return fingerprintOf(this.#cache.subarray(0, this.#size));
    this.#durableFingerprint ??= fingerprintOf(this.#durable);
    return this.#durableFingerprint;
  }

  /** A copy, pending sectors included, that shares memory until one of the two is written to. */
  clone(): SimFile {
    const copy = new SimFile(this.#durable, this.inode);
    this.#isDurableShared = true;
    copy.#cache = this.#cache;
    copy.#size = this.#size;
    copy.#pending = new Map([...this.#pending].map(([sector, older]) => [sector, [...older]]));
    copy.#pendingSizes = [...this.#pendingSizes];
    copy.#unwritten = new Set(this.#unwritten);
    copy.failedSyncs = this.failedSyncs;
    if (!this.isPending) this.fingerprint();
    copy.#durableFingerprint = this.#durableFingerprint;
    this.#isCacheShared = true;
    return copy;
  }

  /** A copy of the bytes as a read gives them. */
  bytes(): Uint8Array {
    return this.#cache.slice(0, this.#size);
  }

  read(into: Uint8Array, position: number): number {
    const count = Math.max(0, Math.min(into.length, this.#size - position));
    if (count > 0) into.set(this.#cache.subarray(position, position + count));
    return count;
  }

  write(bytes: Uint8Array, position: number): void {
    if (bytes.length === 0) return;
    const end = position + bytes.length;
    this.#own(Math.max(end, this.#size));
    this.#touch(position, end);
    this.#cache.set(bytes, position);
    if (end > this.#size) this.#resize(end);
  }

  truncate(size: number): void {
    if (size === this.#size) return;
    this.#own(Math.max(size, this.#size));
    if (size < this.#size) {
      this.#touch(size, this.#size);
      this.#cache.fill(0, size, this.#size);
      for (const sector of this.#unwritten) {
        if (sector * SECTOR_BYTES >= size) this.#unwritten.delete(sector);
      }
    }
    this.#resize(size);
  }

  /** Makes bytes and size durable. */
  sync(): void {
    if (!this.isPending) return;
    this.#makeDurable();
    this.#durableFingerprint = undefined;
    this.#settle();
  }

  /** Makes durable the sectors that hold these bytes, and the size. */
  syncRange(start: number, end: number): void {
    if (end <= start || !this.isPending) return;
    if (this.#isDurableShared || this.#durable.length !== this.#size) {
      const durable = new Uint8Array(this.#size);
      durable.set(this.#durable.subarray(0, this.#size));
      this.#durable = durable;
      this.#isDurableShared = false;
    }
    const last = Math.floor((end - 1) / SECTOR_BYTES);
    for (let sector = Math.floor(start / SECTOR_BYTES); sector <= last; sector++) {
      if (!this.#pending.delete(sector) || this.#unwritten.has(sector)) continue;
      this.#copySector(this.#durable, sector * SECTOR_BYTES);
    }
    this.#durableFingerprint = undefined;
    this.#pendingSizes = [];
  }

  #makeDurable(): void {
    if (this.#isDurableShared || this.#durable.length !== this.#size) {
      this.#durable = this.#cache.slice(0, this.#size);
      this.#isDurableShared = false;
      for (const sector of this.#unwritten) {
        this.#durable.fill(0, sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES);
      }
      return;
    }
    for (const sector of this.#pending.keys()) {
      const start = sector * SECTOR_BYTES;
      if (start >= this.#size || this.#unwritten.has(sector)) continue;
      const end = Math.min(start + SECTOR_BYTES, this.#size);
      this.#durable.set(this.#cache.subarray(start, end), start);
    }
  }

  /** What a sync that fails does: some of it is written, and the system takes all of it for written. */
  failSync(random: SimRandom, stale: StaleBytes, leavesUnwritten = false): void {
    this.failedSyncs++;
    if (!this.isPending) return;
    for (const sector of leavesUnwritten ? this.#pending.keys() : []) {
      if (sector * SECTOR_BYTES >= this.#durable.length) this.#unwritten.add(sector);
    }
    this.#durable = this.#bytesAfterPowerLoss(random, stale);
    this.#isDurableShared = false;
    this.#durableFingerprint = undefined;
    this.#settle();
  }

  /**
   * What a power cut may leave of it; something else with the next call. `stale` is what the disk held before.
   */
  afterPowerLoss(random: SimRandom, stale: StaleBytes, spares?: Spares): SimFile {
    if (this.isPending)
      return new SimFile(this.#bytesAfterPowerLoss(random, stale, spares), this.inode);
    if (this.#unwritten.size === 0) this.fingerprint();
    this.#isDurableShared = true;
    const left = new SimFile(this.#durable, this.inode);
    left.#durableFingerprint = this.#durableFingerprint;
    return left;
  }

  #bytesAfterPowerLoss(random: SimRandom, stale: StaleBytes, spares?: Spares): Uint8Array {
    if (!this.isPending) return this.#durable;
    // Independent choices hardly ever keep all of a long write, or nothing: these must be frequent too.
    const keep = random.pick([0, 0.1, 0.5, 0.9, 1]);
    const size = this.#sizeAfterPowerLoss(random, keep, spares);
    const left = new Uint8Array(size);
    left.set(this.#durable.subarray(0, size));
    for (const [sector, older] of this.#pending) {
      const start = sector * SECTOR_BYTES;
      if (start >= size || this.#unwritten.has(sector)) continue;
      if (random.chance(keep)) this.#copySector(left, start);
      else this.#loseSector(left, start, older, random, stale, spares);
    }
    return left;
  }

  #sizeAfterPowerLoss(random: SimRandom, keep: number, spares: Spares | undefined): number {
    if (this.#pendingSizes.length === 0 || random.chance(keep)) return this.#size;
    const size = random.pick([this.#durable.length, ...this.#pendingSizes]);
    return spares?.(`size ${size}, not ${this.#size}`) === true ? this.#size : size;
  }

  #copySector(left: Uint8Array, start: number): void {
    const end = Math.min(start + SECTOR_BYTES, left.length);
    left.set(this.#cache.subarray(start, end), start);
    // The cache may be shorter than the file: what it does not have is zeros.
    if (end > this.#cache.length) left.fill(0, Math.max(start, this.#cache.length), end);
  }

  /** Puts a pending sector that was not written back as it should into `left`, which has the durable bytes. */
  #loseSector(
    left: Uint8Array,
    start: number,
    older: readonly Uint8Array[],
    random: SimRandom,
    stale: StaleBytes,
    spares: Spares | undefined,
  ): void {
    const length = Math.min(SECTOR_BYTES, left.length - start);
    const own = left.subarray(start, start + length);
    const grownFrom = Math.max(0, Math.min(length, this.#durable.length - start));
    if (grownFrom < length && random.chance(0.5)) stale(own.subarray(grownFrom), random);
    const kind = random.integer(0, 7);
    if (kind === 0) own.set(tear(padded(this.#cache, start, length), own, random));
    else if (kind === 1) own.set(garble(padded(this.#cache, start, length), own, random, stale));
    else {
      const version = older[random.integer(0, older.length)];
      if (version !== undefined) own.set(version.subarray(0, length));
    }
    const what = kind === 0 ? 'torn' : kind === 1 ? 'garbage' : 'not written';
    if (spares?.(`bytes ${start} to ${start + length} ${what}`) === true) {
      this.#copySector(left, start);
    }
  }

  #settle(): void {
    this.#pending.clear();
    this.#pendingSizes = [];
  }

  #resize(size: number): void {
    this.#pendingSizes.push(this.#size);
    this.#size = size;
  }

  /** Makes the cache ours, with room for `size` bytes. */
  #own(size: number): void {
    if (!this.#isCacheShared && size <= this.#cache.length) return;
    const room = Math.max(size, this.#isCacheShared ? 0 : this.#cache.length * 2);
    const cache = new Uint8Array(Math.ceil(room / SECTOR_BYTES) * SECTOR_BYTES);
    cache.set(this.#cache.subarray(0, this.#size));
    this.#cache = cache;
    this.#isCacheShared = false;
  }

  /** Notes that the sectors from `start` to `end` are about to change. */
  #touch(start: number, end: number): void {
    const last = Math.floor((end - 1) / SECTOR_BYTES);
    for (let sector = Math.floor(start / SECTOR_BYTES); sector <= last; sector++) {
      const older = this.#pending.get(sector);
      if (older === undefined) this.#pending.set(sector, []);
      else older.push(padded(this.#cache, sector * SECTOR_BYTES, SECTOR_BYTES));
    }
  }
}

/**
 * Hears of each pending change that a power cut is about to undo or to damage; true keeps it as it is.
 * What else is lost does not depend on the answer.
 */
export type Spares = (loss: string) => boolean;

/** Fills bytes with what a disk may have held there before. */
export type StaleBytes = (into: Uint8Array, random: SimRandom) => void;

/** A copy of `length` bytes from `start`, zeros where `bytes` has none. */
function padded(bytes: Uint8Array, start: number, length: number): Uint8Array {
  const copy = new Uint8Array(length);
  if (start < bytes.length) copy.set(bytes.subarray(start, start + length));
  return copy;
}

function tear(a: Uint8Array, b: Uint8Array, random: SimRandom): Uint8Array {
  const [head, rest] = random.chance(0.5) ? [a, b] : [b, a];
  const torn = rest.slice();
  torn.set(head.subarray(0, random.integer(0, head.length)));
  return torn;
}

/** Garbage where `present` and `durable` differ, and nowhere else. */
function garble(
  present: Uint8Array,
  durable: Uint8Array,
  random: SimRandom,
  stale: StaleBytes,
): Uint8Array {
  const garbage = new Uint8Array(present.length);
  stale(garbage, random);
  return durable.map((byte, i) => (byte === present[i] ? byte : (garbage[i] as number)));
}
