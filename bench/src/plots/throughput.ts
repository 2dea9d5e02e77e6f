import { leadingNumber, type Plot, pointsOf } from './plot.ts';
import { contenderColor, logarithmicValue, PLOT } from './style.ts';

/** Appends a second by how many callers there are. */
export const throughputPlot: Plot = {
  name: 'throughput',
  specify(figures) {
    const values = pointsOf(figures, 'append', (metric) => metric === 'throughput').map(
      (point) => ({
        ...point,
        callers: leadingNumber(point.load),
      }),
    );
    if (values.length === 0) return undefined;
    const ticks = [...new Set(values.map(({ callers }) => callers))];
    return {
      ...PLOT,
      title: 'Durable appends of 256 bytes (hypercore: not durable)',
      width: 560,
      height: 340,
      data: { values },
      mark: { type: 'line', point: true },
      encoding: {
        x: {
          field: 'callers',
          type: 'quantitative',
          scale: { type: 'log', base: 2 },
          axis: { values: ticks, grid: false },
          title: 'callers at once',
        },
        y: logarithmicValue('records a second', '~s'),
        color: contenderColor(values),
      },
    };
  },
};
