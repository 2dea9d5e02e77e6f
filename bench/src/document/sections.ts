import type { CheckedBar } from '../result/bar.ts';
import type { Figure } from '../result/figure.ts';
import { formatNumber, formatUnit, spreadOf } from '../result/format-number.ts';
import type { Published } from '../result/published.ts';
import type { Result } from '../result/result.ts';
import { median } from '../runner/statistics.ts';
import { markdownTable } from './markdown-table.ts';
import { peerWins } from './peer-wins.ts';

/** What stands between the markers of docs/BENCHMARKS.md, by their names. */
export const SECTIONS: Readonly<Record<string, (published: Published) => string>> = {
  machine: ({ usual }) => machineLines(usual),
  's3-machine': ({ s3 }) => machineLines(s3),
  bars: ({ usual, s3 }) => barsTable([...usual.bars, ...s3.bars]),
  append: ({ usual }) => ratesByLoad(usual.figures, 'append'),
  batches: ({ usual }) => ratesByLoad(usual.figures, 'batches'),
  'large-records': ({ usual }) => ratesByLoad(usual.figures, 'large-records'),
  scan: ({ usual }) => ratesByLoad(usual.figures, 'scan'),
  get: ({ usual }) => ratesByLoad(usual.figures, 'get'),
  'large-log': ({ usual }) => figureTable(usual.figures, 'large-log'),
  'event-loop': ({ usual }) => figureTable(usual.figures, 'event-loop'),
  'disk-traffic': ({ usual }) => figureTable(usual.figures, 'disk-traffic'),
  cpu: ({ usual }) => figureTable(usual.figures, 'cpu'),
  'safety-cost': ({ usual }) => figureTable(usual.figures, 'safety-cost'),
  channels: ({ usual }) => figureTable(usual.figures, 'channels'),
  memlog: ({ usual }) => figureTable(usual.figures, 'memlog'),
  codec: ({ usual }) => figureTable(usual.figures, 'codec'),
  'peer-wins': ({ usual }) => peerWins(usual),
  's3-append': ({ s3 }) => ratesByLoad(s3.figures, 's3-append'),
  's3-replay': ({ s3 }) => ratesByLoad(s3.figures, 's3-replay'),
  's3-latency': ({ s3 }) => figureTable(s3.figures, 's3-latency'),
  's3-requests': ({ s3 }) => figureTable(s3.figures, 's3-requests'),
  's3-memory': ({ s3 }) => figureTable(s3.figures, 's3-memory'),
  's3-cost': ({ s3 }) => figureTable(s3.figures, 's3-cost'),
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

function barsTable(bars: readonly CheckedBar[]): string {
  const rows = bars.map(({ name, sense, target, unit, measured, reached }) => [
    name,
    `${sense} ${formatUnit(target, unit)}`,
    formatUnit(measured, unit),
    reached ? 'reached' : 'SHORT',
  ]);
  return markdownTable([['', 'bar', 'measured', ''], ...rows]);
}

/** A row a contender, a column a load: how fast, and how far the rounds were apart. */
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
  return markdownTable([[rates[0]?.unit ?? '', ...loads], ...rows]);
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
