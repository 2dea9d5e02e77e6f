import type { SimRandom } from '../sim-disk/index.ts';

/** A record of `length` bytes that hardly any other is like. */
export function crashRecord(random: SimRandom, length: number): Uint8Array {
  return taggedRecord(random.integer(0, 0xffffff), length);
}

/** The same, of a tag of three bytes that no other record has. */
export function taggedRecord(tag: number, length: number): Uint8Array {
  const data = new Uint8Array(length);
  for (let i = 0; i < length; i++) data[i] = (tag >>> (8 * (i % 3))) ^ (i * 7);
  return data;
}
