const LOW_BITS = 0x1_0000_0000;
const HIGH_BITS = 0x10_0000;

/** 52 bits that tell these bytes from any others, as far as 52 bits can. */
export function fingerprintOf(bytes: Uint8Array): number {
  const { buffer, byteOffset, length } = bytes;
  if (byteOffset % 4 !== 0) return fingerprintOf(bytes.slice());
  const words = new Uint32Array(buffer, byteOffset, length >>> 2);
  let a = 0x243f6a88 ^ length;
  let b = 0x13198a2e;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number;
    a = Math.imul(((a << 13) | (a >>> 19)) ^ word, 0x9e3779b1);
    b = Math.imul(((b << 7) | (b >>> 25)) ^ word, 0x85ebca6b);
  }
  for (let i = length & ~3; i < length; i++) {
    const byte = bytes[i] as number;
    a = Math.imul(((a << 13) | (a >>> 19)) ^ byte, 0x9e3779b1);
    b = Math.imul(((b << 7) | (b >>> 25)) ^ byte, 0x85ebca6b);
  }
  return joined(mixed(a ^ (b >>> 15)), mixed(b ^ (a >>> 13)));
}

/** A fingerprint of two, in this order. */
export function mixFingerprints(first: number, second: number): number {
  const low = mixed(Math.imul(first | 0, 0x9e3779b1) ^ (second | 0));
  const high = mixed(
    Math.imul(first / LOW_BITS, 0x85ebca6b) ^ Math.imul(second / LOW_BITS, 0xc2b2ae35) ^ low,
  );
  return joined(mixed(low ^ high), high);
}

/** A fingerprint of many, in any order. */
export function addFingerprints(sum: number, fingerprint: number): number {
  return (sum + fingerprint) % (HIGH_BITS * LOW_BITS);
}

const names = new Map<string, number>();

export function fingerprintOfName(name: string): number {
  let found = names.get(name);
  if (found === undefined) {
    if (names.size > 10_000) names.clear();
    found = fingerprintOf(new TextEncoder().encode(name));
    names.set(name, found);
  }
  return found;
}

function mixed(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function joined(low: number, high: number): number {
  return (high >>> 12) * LOW_BITS + (low >>> 0);
}
