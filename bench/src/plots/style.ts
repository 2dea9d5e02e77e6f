/** The same color for the same contender in each plot: ours is red, the bare machine black. */
const COLORS: Readonly<Record<string, string>> = {
  fslog: '#d62728',
  'fslog nextBatch': '#d62728',
  'fslog for await': '#ff9896',
  bare: '#222222',
  'classic-level': '#1f77b4',
  lmdb: '#2ca02c',
  'better-sqlite3': '#9467bd',
  hypercore: '#8c564b',
  'async-append-only-log': '#e7a300',
};

/** A color for each contender that is in a plot, in a fixed order. */
export function contenderColor(values: Iterable<{ readonly contender: string }>): object {
  const present = new Set([...values].map(({ contender }) => contender));
  const domain = Object.keys(COLORS).filter((name) => present.has(name));
  const scale = { domain, range: domain.map((name) => COLORS[name]) };
  return { field: 'contender', type: 'nominal', scale, title: null };
}

/** Upwards what was measured, each step ten times the one before. */
export function logarithmicValue(title: string, format: string): object {
  return { field: 'value', type: 'quantitative', scale: { type: 'log' }, axis: { format }, title };
}

/** What all plots share: readable on a light page and on a dark one. */
export const PLOT: Readonly<Record<string, unknown>> = {
  $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
  background: 'white',
  padding: 12,
  config: {
    font: 'sans-serif',
    axis: { labelFontSize: 12, titleFontSize: 13, titleFontWeight: 'normal' },
    legend: { labelFontSize: 12, titleFontSize: 13, labelLimit: 240 },
    title: { fontSize: 14, anchor: 'start' },
  },
};
