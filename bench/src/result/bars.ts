import { appendLoadName } from '../measurements/append.ts';
import { BATCHES_LOAD } from '../measurements/batches.ts';
import { HOT_LOAD } from '../measurements/get.ts';
import { LARGE_LOAD } from '../measurements/large-records.ts';
import { scanLoadName } from '../measurements/scan.ts';
import { type Bar, figureValue, ratioOf } from './bar.ts';

const SCANNED = scanLoadName(256);

export const BARS: readonly Bar[] = [
  ...againstOthers('append', appendLoadName(1), { bare: 0.85, 'classic-level': 1, lmdb: 1 }),
  ...againstOthers('append', appendLoadName(64), { bare: 0.6, 'classic-level': 8, lmdb: 1.5 }),
  ...againstOthers('append', appendLoadName(1024), { bare: 0.6, 'classic-level': 8, lmdb: 1.5 }),
  rate('batches', BATCHES_LOAD, 'fslog', 900_000),
  ...againstOthers('batches', BATCHES_LOAD, { lmdb: 2 }),
  ...againstOthers('large-records', LARGE_LOAD, { bare: 0.85 }),
  rate('scan', SCANNED, 'fslog nextBatch', 3_300_000),
  ...againstOthers('scan', SCANNED, { lmdb: 4 }, 'fslog nextBatch'),
  rate('scan', SCANNED, 'fslog for await', 1_500_000),
  rate('get', HOT_LOAD, 'fslog', 190_000),
];

function rate(measurement: string, load: string, contender: string, target: number): Bar {
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
function againstOthers(
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
        figureValue(figures, measurement, load, ours),
        figureValue(figures, measurement, load, other),
      ),
  }));
}
