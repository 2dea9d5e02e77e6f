import { quantile } from '../runner/statistics.ts';
import type { Figure } from './figure.ts';
import { formatNumber, formatUnit, spreadOf } from './format-number.ts';

/** Columns as wide as their widest cell; the first to the left, the others to the right. */
export function printTable(title: string, rows: readonly (readonly string[])[]): void {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  console.log(`\n${title}`);
  for (const row of rows) {
    const cells = row.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
    );
    console.log(`  ${cells.join('  ')}`.trimEnd());
  }
}

/** A line a contender: its rate, how far apart the rounds were, how long an append took. */
export function printRates(title: string, figures: readonly Figure[]): void {
  const rates = figures.filter(({ metric }) => metric === 'throughput');
  const longest = rates[0] === undefined ? [] : latencyNames(figures);
  const header = ['', 'median', 'spread', ...longest.map((name) => `${name} ms`)];
  const rows = rates.map((rate) => [
    rate.contender,
    formatUnit(quantile(rate.rounds, 0.5), rate.unit),
    spreadOf(rate),
    ...longest.map((metric) => {
      const found = figures.find(
        (one) => one.contender === rate.contender && one.metric === metric,
      );
      return found === undefined ? '' : formatNumber(quantile(found.rounds, 0.5));
    }),
  ]);
  printTable(title, [header, ...rows]);
}

function latencyNames(figures: readonly Figure[]): string[] {
  const names = new Set(figures.filter(({ unit }) => unit === 'ms').map(({ metric }) => metric));
  return ['p50', 'p99', 'p99.9'].filter((name) => names.has(name));
}

/** A line a figure. */
export function printFigures(title: string, figures: readonly Figure[]): void {
  printTable(
    title,
    figures.map((one) => [
      [one.load, one.contender, one.metric].filter((part) => part !== '').join(', '),
      formatUnit(quantile(one.rounds, 0.5), one.unit),
      one.rounds.length > 1 ? spreadOf(one) : '',
    ]),
  );
}
