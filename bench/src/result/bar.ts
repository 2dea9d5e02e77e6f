import { median, ratiosByRound } from '../runner/statistics.ts';
import { type Figure, findFigure, type Unit } from './figure.ts';

/** A figure to reach. */
export interface Bar {
  readonly name: string;
  readonly measurement: string;
  /** `at least` for rates and ratios of rates, `at most` for times and sizes. */
  readonly sense: 'at least' | 'at most';
  readonly target: number;
  readonly unit: Unit;
  /** `undefined` where what it takes was not measured. */
  measure(figures: readonly Figure[]): number | undefined;
}

/** A bar, and what was measured. */
export interface CheckedBar {
  readonly name: string;
  readonly sense: Bar['sense'];
  readonly target: number;
  readonly unit: Unit;
  readonly measured: number;
  readonly reached: boolean;
}

/** Those of the bars that were measured. */
export function checkBars(bars: readonly Bar[], figures: readonly Figure[]): CheckedBar[] {
  return bars.flatMap(({ name, sense, target, unit, measure }) => {
    const measured = measure(figures);
    if (measured === undefined) return [];
    const reached = sense === 'at least' ? measured >= target : measured <= target;
    return [{ name, sense, target, unit, measured, reached }];
  });
}

/** One figure, of the rounds the median. */
export function figureValue(
  figures: readonly Figure[],
  measurement: string,
  load: string,
  contender: string,
  metric = 'throughput',
): number | undefined {
  const figure = findFigure(figures, measurement, load, contender, metric);
  return figure === undefined ? undefined : median(figure.rounds);
}

/**
 * One figure by another: of the ratios round by round the median, since a slow moment of the machine met
 * both.
 */
export function ratioOf(over: Figure | undefined, under: Figure | undefined): number | undefined {
  if (over === undefined || under === undefined) return undefined;
  return median(ratiosByRound(over.rounds, under.rounds));
}
