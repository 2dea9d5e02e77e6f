import type { Log } from '@wal/core';
import type { Figure, Unit } from '../result/figure.ts';
import { formatNumber } from '../result/format-number.ts';
import { printFigures, printTable } from '../result/table.ts';

const SAMPLE_MS = 10;
const MEGABYTE = 1e6;
/** Lines of the table of memory by progress. */
const STEPS = 10;

/** A log to be read through. */
export interface Replay {
  readonly measurement: string;
  /** `10 GB`. */
  readonly load: string;
  readonly contender: string;
  readonly records: number;
  open(): Promise<Log>;
}

interface Sample {
  /** Records replayed so far. */
  readonly replayed: number;
  readonly heap: number;
  readonly external: number;
  readonly resident: number;
}

/** Reads a log through once, and looks at the memory of the process meanwhile. */
export async function measureReplay(replay: Replay): Promise<Figure[]> {
  globalThis.gc?.();
  const samples: Sample[] = [];
  let replayed = 0;
  let bytes = 0;
  const timer = setInterval(() => samples.push(sampleAt(replayed)), SAMPLE_MS);
  await using log = await replay.open();
  const startedAt = performance.now();
  const iterator = log.iterator();
  for (let run = await iterator.nextBatch(); run.length > 0; run = await iterator.nextBatch()) {
    replayed += run.length;
    for (const { data } of run) bytes += data.length;
  }
  const seconds = (performance.now() - startedAt) / 1000;
  clearInterval(timer);
  if (replayed !== replay.records) {
    throw new Error(`replayed ${replayed} records of ${replay.records}`);
  }
  samples.push(sampleAt(replayed));
  const figures = figuresOf(replay, bytes / MEGABYTE / seconds, samples);
  printFigures(`replay, memory sampled every ${SAMPLE_MS} ms`, figures);
  printProgress(replay.records, samples);
  return figures;
}

function figuresOf(
  { measurement, load, contender }: Replay,
  rate: number,
  samples: readonly Sample[],
): Figure[] {
  const peak = (of: (sample: Sample) => number, among = samples): number =>
    Math.max(...among.map(of)) / MEGABYTE;
  const held = ({ heap, external }: Sample): number => heap + external;
  const half = Math.ceil(samples.length / 2);
  const later = peak(held, samples.slice(half - 1)) / peak(held, samples.slice(0, half));
  const base = { measurement, load, contender };
  const figure = (metric: string, unit: Unit, value: number): Figure => ({
    ...base,
    metric,
    unit,
    rounds: [value],
  });
  return [
    figure('replay', 'MB/s', rate),
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
}

/** The highest of each between one line and the next. */
function printProgress(records: number, samples: readonly Sample[]): void {
  const rows = Array.from({ length: STEPS }, (_, step) => {
    const [from, to] = [(records * step) / STEPS, (records * (step + 1)) / STEPS];
    const here = samples.filter(({ replayed }) => replayed > from && replayed <= to);
    const highest = (of: (sample: Sample) => number): string =>
      here.length === 0 ? '' : formatNumber(Math.max(...here.map(of)) / MEGABYTE);
    return [
      `to ${(100 / STEPS) * (step + 1)} %`,
      highest(({ heap }) => heap),
      highest(({ external }) => external),
      highest(({ resident }) => resident),
    ];
  });
  printTable('memory by progress', [['', 'heap MB', 'external MB', 'resident MB'], ...rows]);
}

/** The peak of heap and external in the second half of the replay, by that in the first. */
export const REPLAY_GROWTH = 'replay: peak of the second half by the first';
/** When the collector runs is chance: a peak may be a little higher than the one before. */
export const REPLAY_FLAT = 1.2;

function sampleAt(replayed: number): Sample {
  const { heapUsed, external, rss } = process.memoryUsage();
  return { replayed, heap: heapUsed, external, resident: rss };
}
