import { openFsLog } from '@wal/fslog';
import type { Figure, Unit } from '../result/figure.ts';
import { printFigures } from '../result/table.ts';
import type { SizedLog } from './large-log.ts';

const SAMPLE_MS = 10;
const MEGABYTE = 1e6;

interface Sample {
  readonly heap: number;
  readonly external: number;
  readonly resident: number;
}

/** Reads a log through once, and looks at the memory of the process meanwhile. */
export async function measureReplay({ load, directory, records }: SizedLog): Promise<Figure[]> {
  globalThis.gc?.();
  const samples: Sample[] = [];
  const timer = setInterval(() => samples.push(sampleNow()), SAMPLE_MS);
  await using log = await openFsLog(directory);
  const startedAt = performance.now();
  let replayed = 0;
  let bytes = 0;
  const iterator = log.iterator();
  for (let run = await iterator.nextBatch(); run.length > 0; run = await iterator.nextBatch()) {
    replayed += run.length;
    for (const { data } of run) bytes += data.length;
  }
  const seconds = (performance.now() - startedAt) / 1000;
  clearInterval(timer);
  if (replayed !== records) throw new Error(`replayed ${replayed} records of ${records}`);
  samples.push(sampleNow());

  const peak = (of: (sample: Sample) => number, among = samples): number =>
    Math.max(...among.map(of)) / MEGABYTE;
  const held = ({ heap, external }: Sample): number => heap + external;
  const half = Math.ceil(samples.length / 2);
  const later = peak(held, samples.slice(half - 1)) / peak(held, samples.slice(0, half));
  const base = { measurement: 'large-log', load, contender: 'fslog' };
  const figure = (metric: string, unit: Unit, value: number): Figure => ({
    ...base,
    metric,
    unit,
    rounds: [value],
  });
  const figures = [
    figure('replay', 'MB/s', bytes / MEGABYTE / seconds),
    figure(
      'replay: peak heap',
      'MB',
      peak(({ heap }) => heap),
    ),
    figure(
      'replay: peak external',
      'MB',
      peak(({ external }) => external),
    ),
    figure(
      'replay: peak resident',
      'MB',
      peak(({ resident }) => resident),
    ),
    figure(REPLAY_GROWTH, 'ratio', later),
  ];
  printFigures(`replay, memory sampled every ${SAMPLE_MS} ms`, figures);
  return figures;
}

/** The peak of heap and external in the second half of the replay, by that in the first. */
export const REPLAY_GROWTH = 'replay: peak of the second half by the first';

function sampleNow(): Sample {
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed, external, resident: rss };
}
