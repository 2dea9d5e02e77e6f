/*
 * The keys of a log, under its prefix:
 *
 *   root/{inv(version)}            a root version
 *   d/{inv(epoch)}/{inv(slot)}     a chunk or a seal
 *   s/{inv(first id)}-{nonce}      a segment: chunks that became one object
 *   probe/{nonce}                  what the store is tried with; deleted at once
 *
 * inv(n) is 2^64 − 1 − n in 16 hex digits, so that a listing gives the newest first.
 */
const TWO_32 = 0x1_0000_0000;
const DIGITS = /^[0-9a-f]{16}$/;

/** A place for one object in an epoch. */
export interface SlotPlace {
  readonly epoch: number;
  readonly slot: number;
}

/** Makes and reads the keys of one log. */
export class LogKeys {
  readonly prefix: string;
  readonly roots: string;
  readonly data: string;
  readonly segments: string;

  /** A prefix counts as the same with and without a slash at its end. */
  constructor(prefix: string) {
    this.prefix = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
    this.roots = `${this.prefix}root/`;
    this.data = `${this.prefix}d/`;
    this.segments = `${this.prefix}s/`;
  }

  root(version: number): string {
    return this.roots + inverted(version);
  }

  /** What the keys of one epoch begin with. */
  epoch(epoch: number): string {
    return `${this.data}${inverted(epoch)}/`;
  }

  slot({ epoch, slot }: SlotPlace): string {
    return this.epoch(epoch) + inverted(slot);
  }

  segment({ firstId, nonce }: { readonly firstId: number; readonly nonce: string }): string {
    return `${this.segments}${inverted(firstId)}-${nonce}`;
  }

  probe(nonce: string): string {
    return `${this.prefix}probe/${nonce}`;
  }

  /** The version that a key is of; `undefined` if it is no root's. */
  versionOf(key: string): number | undefined {
    return key.startsWith(this.roots) ? uninverted(key.slice(this.roots.length)) : undefined;
  }

  /** The place that a key names; `undefined` if it is none of a chunk or seal. */
  placeOf(key: string): SlotPlace | undefined {
    if (!key.startsWith(this.data)) return undefined;
    const rest = key.slice(this.data.length);
    if (rest.length !== 33 || rest[16] !== '/') return undefined;
    const epoch = uninverted(rest.slice(0, 16));
    const slot = uninverted(rest.slice(17));
    return epoch === undefined || slot === undefined ? undefined : { epoch, slot };
  }
}

/** Which of two places comes first: below 0, `a`; above 0, `b`. */
export function comparePlaces(a: SlotPlace, b: SlotPlace): number {
  return a.epoch - b.epoch || a.slot - b.slot;
}

function inverted(n: number): string {
  const high = 0xffffffff - Math.floor(n / TWO_32);
  const low = 0xffffffff - (n % TWO_32);
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

/** `undefined` for anything but 16 digits that name a safe integer. */
function uninverted(digits: string): number | undefined {
  if (!DIGITS.test(digits)) return undefined;
  const high = 0xffffffff - Number.parseInt(digits.slice(0, 8), 16);
  const low = 0xffffffff - Number.parseInt(digits.slice(8), 16);
  const n = high * TWO_32 + low;
  return Number.isSafeInteger(n) ? n : undefined;
}
