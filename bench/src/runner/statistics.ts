/** The middle of some numbers: half of them are at most this, half at least. */
export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5);
}

/** The number below which the share `q` of the others lies, between two of them by proportion. */
export function quantile(numbers: readonly number[], q: number): number {
  if (numbers.length === 0) throw new RangeError('no numbers');
  const sorted = Float64Array.from(numbers).sort();
  const place = (sorted.length - 1) * q;
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (above - below) * (place - Math.floor(place));
}

/** What was measured in turn, one by the other in each round. */
export function ratiosByRound(over: readonly number[], under: readonly number[]): number[] {
  if (over.length !== under.length) throw new RangeError('not of the same rounds');
  return over.map((value, round) => value / (under[round] as number));
}

/** Half the distance of the quartiles. */
export function quartileDistance(numbers: readonly number[]): number {
  return (quantile(numbers, 0.75) - quantile(numbers, 0.25)) / 2;
}

/** How far apart rounds were: half the distance of the quartiles, as a share of the median. */
export function spread(numbers: readonly number[]): number {
  const middle = median(numbers);
  if (middle === 0) return 0;
  return quartileDistance(numbers) / Math.abs(middle);
}
