import type { Measurement } from '../measurement.ts';
import type { Figure } from '../result/figure.ts';
import { printFigures } from '../result/table.ts';
import { gainsUnder, type Variant, WHOLE } from './safety-cost.ts';

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const NO_CHANNELS = new URL(`../process/no-channels.${extension}`, import.meta.url);

const VARIANTS: readonly Variant[] = [
  {
    ...WHOLE,
    name: 'without channels',
    nodeOptions: ['--import', NO_CHANNELS.href],
    leavesChannelsOut: true,
  },
  { ...WHOLE, name: 'with a listener', subscribes: true },
];

/** What the channels cost each append: without anybody who listens, and with somebody. */
export const channels: Measurement = {
  name: 'channels',
  title: 'what diagnostics channels cost, without a listener and with one',
  async run(settings): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const callers of settings.quick ? [1] : [1, 1024]) {
      const load = { callers, batchRecords: 1, recordBytes: 256, durationMs: settings.roundMs };
      const name = `${callers.toLocaleString('en-US')} at once`;
      figures.push(...(await gainsUnder('channels', name, load, VARIANTS, settings)));
    }
    printFigures('how much faster it is than with channels that nobody listens on', figures);
    return figures;
  },
};
