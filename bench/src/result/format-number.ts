import { quartileDistance, spread } from '../runner/statistics.ts';
import type { Figure, Unit } from './figure.ts';

/** Three digits that count, with separators: `1,230,000`, `4.57`. */
export function formatNumber(value: number): string {
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  const scale = 10 ** Math.min(0, digits === 0 ? 2 - Math.floor(Math.log10(Math.abs(value))) : 0);
  const rounded = digits === 0 ? Math.round(value * scale) / scale : value;
  return rounded.toLocaleString('en-US', {
    minimumFractionDigits: 0,
    maximumFractionDigits: Math.min(digits, 3),
  });
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
