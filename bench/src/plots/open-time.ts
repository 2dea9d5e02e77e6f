import { type Plot, pointsOf } from './plot.ts';
import { contenderColor, PLOT } from './style.ts';

/** How long opening takes by the size of the log. */
export const openTimePlot: Plot = {
  name: 'open-time',
  specify(figures) {
    const values = pointsOf(figures, 'large-log', (metric) => metric === 'open').map((point) => ({
      ...point,
      gigabytes: bytesOf(point.load) / 1e9,
    }));
    if (values.length === 0) return undefined;
    return {
      ...PLOT,
      title: 'Opening a log that was closed',
      width: 420,
      height: 240,
      data: { values },
      mark: { type: 'line', point: true },
      encoding: {
        x: {
          field: 'gigabytes',
          type: 'quantitative',
          scale: { type: 'log' },
          axis: { values: values.map(({ gigabytes }) => gigabytes), format: '~g' },
          title: 'GB',
        },
        y: { field: 'value', type: 'quantitative', scale: { domainMin: 0 }, title: 'milliseconds' },
        color: contenderColor(values),
      },
    };
  },
};

function bytesOf(size: string): number {
  const [amount = '', unit = ''] = size.split(' ');
  return Number(amount) * (unit === 'GB' ? 1e9 : 1e6);
}
