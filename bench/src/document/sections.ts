import type { Figure } from '../result/figure.ts';
import { formatNumber, formatUnit, spreadOf } from '../result/format-number.ts';
import type { Result } from '../result/result.ts';
import { median } from '../runner/statistics.ts';
import { markdownTable } from './markdown-table.ts';
import { peerWins } from './peer-wins.ts';

/** What stands between the markers of docs/BENCHMARKS.md, by their names. */
export const SECTIONS: Readonly<Record<string, (result: Result) => string>> = {
  machine: machineLines,
  bars: barsTable,
  append: (result) => ratesByLoad(result.figures, 'append'),
  batches: (result) => ratesByLoad(result.figures, 'batches'),
  'large-records': (result) => ratesByLoad(result.figures, 'large-records'),
  scan: (result) => ratesByLoad(result.figures, 'scan'),
  get: (result) => ratesByLoad(result.figures, 'get'),
  'large-log': (result) => figureTable(result.figures, 'large-log'),
  'event-loop': (result) => figureTable(result.figures, 'event-loop'),
  'disk-traffic': (result) => figureTable(result.figures, 'disk-traffic'),
  cpu: (result) => figureTable(result.figures, 'cpu'),
  'safety-cost': (result) => figureTable(result.figures, 'safety-cost'),
  channels: (result) => figureTable(result.figures, 'channels'),
  memlog: (result) => figureTable(result.figures, 'memlog'),
  codec: (result) => figureTable(result.figures, 'codec'),
  'peer-wins': peerWins,
};

function machineLines({ machine, versions, date, rounds, seconds, leftOut }: Result): string {
  const peers = Object.entries(versions)
    .filter(([name]) => name !== 'v8')
    .map(([name, version]) => `${name} ${version}`);
  const lines = [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.kernel}, ${machine.fileSystem}; ` +
      `${date.slice(0, 10)}, ${rounds} rounds, ${seconds} s.`,
    `${peers.join(', ')}.`,
    ...leftOut.map(({ name, reason }) => `Left out: ${name}: ${reason}.`),
  ];
  return lines.join('\n\n');
}

function barsTable({ bars }: Result): string {
  const rows = bars.map(({ name, sense, target, unit, measured, reached }) => [
    name,
    `${sense} ${formatUnit(target, unit)}`,
    formatUnit(measured, unit),
    reached ? 'reached' : 'SHORT',
  ]);
  return markdownTable([['', 'bar', 'measured', ''], ...rows]);
}

/** A row a contender, a column a load: records a second, and how far the rounds were apart. */
function ratesByLoad(figures: readonly Figure[], measurement: string): string {
  const rates = figures.filter(
    (one) => one.measurement === measurement && one.metric === 'throughput',
  );
  const loads = [...new Set(rates.map(({ load }) => load))];
  const contenders = [...new Set(rates.map(({ contender }) => contender))];
  const rows = contenders.map((contender) => [
    contender,
    ...loads.map((load) => {
      const found = rates.find((one) => one.load === load && one.contender === contender);
      if (found === undefined) return '';
      return `${formatNumber(median(found.rounds))} ${spreadOf(found)}`;
    }),
  ]);
  return markdownTable([['records/s', ...loads], ...rows]);
}

function figureTable(figures: readonly Figure[], measurement: string): string {
  const own = figures.filter((one) => one.measurement === measurement);
  const rows = own.map(({ load, contender, metric, unit, rounds }) => [
    [load, contender, metric].join(', '),
    formatUnit(median(rounds), unit),
    rounds.length > 1 ? spreadOf({ rounds, unit }) : '',
  ]);
  return markdownTable([['', 'median', 'spread'], ...rows]);
}
