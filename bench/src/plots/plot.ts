import type { Figure } from '../result/figure.ts';
import { median } from '../runner/statistics.ts';

/** A drawing of some of the figures. */
export interface Plot {
  /** Of the file, without its ending. */
  readonly name: string;
  /** A Vega-Lite specification; `undefined` where what it draws was not measured. */
  specify(figures: readonly Figure[]): object | undefined;
}

/** One point of a plot. */
export interface Point {
  readonly load: string;
  readonly contender: string;
  readonly metric: string;
  readonly value: number;
}

/** The figures of a measurement as points, of the rounds the median. */
export function pointsOf(
  figures: readonly Figure[],
  measurement: string,
  isDrawn: (metric: string) => boolean,
): readonly Point[] {
  return figures
    .filter((one) => one.measurement === measurement && isDrawn(one.metric))
    .map(({ load, contender, metric, rounds }) => ({
      load,
      contender,
      metric,
      value: median(rounds),
    }));
}

/** The number that a load begins with: `1,024 at once`. */
export function leadingNumber(load: string): number {
  return Number.parseFloat(load.replaceAll(',', ''));
}
