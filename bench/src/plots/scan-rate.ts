import { leadingNumber, type Plot, pointsOf } from './plot.ts';
import { contenderColor, logarithmicValue, PLOT } from './style.ts';

/** Records a second, and megabytes a second, by the size of a record. */
export const scanRatePlot: Plot = {
  name: 'scan-rate',
  specify(figures) {
    const points = pointsOf(
      figures,
      'scan',
      (metric) => metric === 'throughput' || metric === 'bytes',
    );
    const values = points.map((point) => ({ ...point, bytes: leadingNumber(point.load) }));
    if (values.length === 0) return undefined;
    const sizes = [...new Set(values.map(({ bytes }) => bytes))];
    const panel = (metric: string, title: string): object => ({
      width: 320,
      height: 300,
      transform: [{ filter: `datum.metric === '${metric}'` }],
      mark: { type: 'line', point: true },
      encoding: {
        x: {
          field: 'bytes',
          type: 'quantitative',
          scale: { type: 'log', base: 2 },
          axis: { values: sizes, format: ',', grid: false },
          title: 'bytes a record',
        },
        y: logarithmicValue(title, '~s'),
        color: contenderColor(values),
      },
    });
    return {
      ...PLOT,
      title: 'Reading a log from the first record to the last',
      data: { values },
      hconcat: [panel('throughput', 'records a second'), panel('bytes', 'megabytes a second')],
    };
  },
};
