import { openFsLog } from '@wal/fslog';
import type { Settings } from '../measurement.ts';
import type { Figure } from '../result/figure.ts';
import { formatNumber } from '../result/format-number.ts';
import { printTable } from '../result/table.ts';
import { interleave } from '../runner/interleave.ts';
import { median } from '../runner/statistics.ts';
import type { SizedLog } from './large-log.ts';

/** Openings are short: in one round there are so many. */
const OPENINGS = 4;

/** Opens logs that were closed, in turn; the page cache has what it reads. */
export async function measureOpen(
  logs: readonly SizedLog[],
  { rounds }: Settings,
): Promise<Figure[]> {
  const cells = logs.map(({ load, directory }) => ({
    name: load,
    run: () => openOnce(directory),
  }));
  await interleave(cells, 1); // Warms up.
  const results = await interleave(cells, rounds * OPENINGS);
  const figures = [...results].map(
    ([load, times]): Figure => ({
      measurement: 'large-log',
      load,
      contender: 'fslog',
      metric: 'open',
      unit: 'ms',
      rounds: times,
    }),
  );
  const rows = figures.map((one) => [
    one.load,
    formatNumber(median(one.rounds)),
    formatNumber(Math.max(...one.rounds)),
  ]);
  printTable('open, by size of the log', [['', 'median ms', 'longest ms'], ...rows]);
  return figures;
}

async function openOnce(directory: string): Promise<number> {
  const startedAt = performance.now();
  const log = await openFsLog(directory);
  const milliseconds = performance.now() - startedAt;
  await log.close();
  return milliseconds;
}
