import { BARE_WAYS, type BareWay, wayName } from '../contenders/bare-file.ts';
import { bareLoop } from '../contenders/bare-loop.ts';
import { fslog } from '../contenders/fslog.ts';
import { peerWriters } from '../contenders/peers.ts';
import type { Measurement } from '../measurement.ts';
import type { Figure } from '../result/figure.ts';
import { printRates } from '../result/table.ts';
import { chooseBareWay, measureAppends } from './append-rates.ts';

export const BATCHES_LOAD = '1,000 a batch';

/** Durable batches of 1,000 records, one after another. */
export const batches: Measurement = {
  name: 'batches',
  title: 'durable batches of 1,000 records',
  async run(settings): Promise<Figure[]> {
    const load = { callers: 1, batchRecords: 1000, recordBytes: 256, durationMs: settings.roundMs };
    const bare = (way: BareWay) => bareLoop(way);
    const way = await chooseBareWay(load, bare, BARE_WAYS, settings);
    const contenders = [fslog(), bare(way), ...(settings.withPeers ? peerWriters() : [])];
    const rates = { measurement: 'batches', name: BATCHES_LOAD, load, contenders };
    const figures = await measureAppends(rates, settings);
    printRates(`batches of 1,000; bare: ${wayName(way)}`, figures);
    return figures;
  },
};
