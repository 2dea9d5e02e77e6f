import { median } from '../runner/statistics.ts';
import { type Figure, figureKey, isRate } from './figure.ts';

/** A figure in two results. */
export interface Comparison {
  readonly key: string;
  readonly before: number;
  readonly now: number;
  /** Now by before. */
  readonly ratio: number;
  /** Whether more of it is better. */
  readonly isRate: boolean;
}

/** The figures that both results have, in the order of the later one. */
export function compareFigures(
  before: readonly Figure[],
  now: readonly Figure[],
): readonly Comparison[] {
  const earlier = new Map(before.map((figure) => [figureKey(figure), figure]));
  return now.flatMap((figure) => {
    const key = figureKey(figure);
    const other = earlier.get(key);
    if (other === undefined || other.unit !== figure.unit) return [];
    const [was, is] = [median(other.rounds), median(figure.rounds)];
    if (was === 0) return [];
    return [{ key, before: was, now: is, ratio: is / was, isRate: isRate(figure.unit) }];
  });
}
