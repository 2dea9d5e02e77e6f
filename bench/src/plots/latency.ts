import { leadingNumber, type Plot, pointsOf } from './plot.ts';
import { contenderColor, logarithmicValue, PLOT } from './style.ts';

const PERCENTILES = ['p50', 'p90', 'p99', 'p99.9', 'longest'];
const CALLERS: ReadonlySet<number> = new Set([1, 64, 1024]);

/** How long appends take: half of them, nine of ten, …, the longest; a field for each load. */
export const latencyPlot: Plot = {
  name: 'latency',
  specify(figures) {
    const points = pointsOf(figures, 'append', (metric) => PERCENTILES.includes(metric));
    const values = points
      .map((point) => ({ ...point, callers: leadingNumber(point.load) }))
      .filter(({ callers }) => CALLERS.has(callers));
    if (values.length === 0) return undefined;
    return {
      ...PLOT,
      title: 'How long a durable append of 256 bytes takes',
      data: { values },
      facet: {
        field: 'load',
        type: 'nominal',
        sort: { field: 'callers' },
        title: null,
        header: { labelFontSize: 13 },
      },
      columns: 3,
      spec: {
        width: 210,
        height: 300,
        mark: { type: 'line', point: true },
        encoding: {
          x: { field: 'metric', type: 'ordinal', sort: PERCENTILES, title: null },
          y: logarithmicValue('milliseconds', '~g'),
          color: contenderColor(values),
        },
      },
    };
  },
};
