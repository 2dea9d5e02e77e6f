import { quartileDistance, spread } from '../runner/statistics.ts';
import type { Figure, Unit } from './figure.ts';

/** Three digits that count, with separators: `1,230,000`, `4.57`. */
export function formatNumber(value: number): string {
  // Rounded in decimal, which is the same everywhere: powers of ten below one are not.
  return Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 3 });
}

export function formatUnit(value: number, unit: Unit): string {
  if (unit === 'ratio') return `${formatNumber(value)} ×`;
  if (unit === 'count') return formatNumber(value);
  if (unit === 'per s') return `${formatNumber(value)}/s`;
  if (unit === '%') return `${formatNumber(value)} %`;
  return `${formatNumber(value)} ${unit}`;
}

/** How far the rounds were apart, in percent of the median; what is in percent already, in its own. */
export function spreadOf({ rounds, unit }: Pick<Figure, 'rounds' | 'unit'>): string {
  if (unit === '%') return `±${formatNumber(quartileDistance(rounds))}`;
  return `±${(spread(rounds) * 100).toFixed(0)} %`;
}
