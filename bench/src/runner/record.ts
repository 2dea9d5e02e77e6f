/** A record of some bytes. A Buffer: every contender takes that, not each takes a plain Uint8Array. */
export function recordOf(bytes: number): Buffer {
  return Buffer.alloc(bytes, 0xa5);
}
