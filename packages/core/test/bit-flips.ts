/** Gives `bytes` with one bit flipped, for each bit from byte `from` to before byte `to`; restores it after. */
export function* bitFlips(bytes: Uint8Array, from: number, to: number): Generator<string> {
  for (let at = from; at < to; at++) {
    for (let bit = 0; bit < 8; bit++) {
      bytes[at] = (bytes[at] as number) ^ (1 << bit);
      yield `byte ${at} bit ${bit}`;
      bytes[at] = (bytes[at] as number) ^ (1 << bit);
    }
  }
}
