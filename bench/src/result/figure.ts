/** What is counted. A higher rate is better, a lower time, size or share too. */
export type Unit =
  | 'records/s'
  | 'MB/s'
  | 'ns'
  | 'us'
  | 'ms'
  | 'bytes'
  | 'MB'
  | 'per s'
  | '%'
  | 'ratio'
  | 'count';

/** One thing measured, in each round of a run. */
export interface Figure {
  /** The measurement, as `npm run bench -- NAME` takes it. */
  readonly measurement: string;
  /** What was done: `64 at once`. */
  readonly load: string;
  /** What it was done with: `fslog`, `bare`, `lmdb`. */
  readonly contender: string;
  /** What was taken of it: `throughput`, `p99`. */
  readonly metric: string;
  readonly unit: Unit;
  readonly rounds: readonly number[];
}

/** The name of a figure, by which it is found again in another result. */
export function figureKey(figure: Omit<Figure, 'rounds' | 'unit'>): string {
  return [figure.measurement, figure.load, figure.contender, figure.metric].join(' / ');
}

/** Finds the rounds of a figure; `undefined` where it was not measured. */
export function findFigure(
  figures: readonly Figure[],
  measurement: string,
  load: string,
  contender: string,
  metric = 'throughput',
): Figure | undefined {
  const key = figureKey({ measurement, load, contender, metric });
  return figures.find((one) => figureKey(one) === key);
}

export function isRate(unit: Unit): boolean {
  return unit === 'records/s' || unit === 'MB/s' || unit === 'per s';
}
