import { type Bar, figureValue, ratioOf } from './bar.ts';
import { findFigure, type Unit } from './figure.ts';

/** A time, a size or a number of one contender. */
export function atMost(
  measurement: string,
  load: string,
  contender: string,
  metric: string,
  target: number,
  unit: Unit,
): Bar {
  return {
    name: `${measurement}, ${load}: ${metric}`,
    measurement,
    sense: 'at most',
    target,
    unit,
    measure: (figures) => figureValue(figures, measurement, load, contender, metric),
  };
}

/** Records a second of one contender. */
export function rate(measurement: string, load: string, contender: string, target: number): Bar {
  return {
    name: `${measurement}, ${load}: ${contender}`,
    measurement,
    sense: 'at least',
    target,
    unit: 'records/s',
    measure: (figures) => figureValue(figures, measurement, load, contender),
  };
}

/** Ours as a multiple of each. */
export function againstOthers(
  measurement: string,
  load: string,
  targets: Readonly<Record<string, number>>,
  ours = 'fslog',
): Bar[] {
  return Object.entries(targets).map(([other, target]) => ({
    name: `${measurement}, ${load}: ${ours} by ${other}`,
    measurement,
    sense: 'at least',
    target,
    unit: 'ratio',
    measure: (figures) =>
      ratioOf(
        findFigure(figures, measurement, load, ours),
        findFigure(figures, measurement, load, other),
      ),
  }));
}
