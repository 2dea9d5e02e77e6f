import { BARE_WAYS } from '../contenders/bare-file.ts';
import { bareLoop } from '../contenders/bare-loop.ts';
import { fslog } from '../contenders/fslog.ts';
import { peerWriters } from '../contenders/peers.ts';
import type { Measurement } from '../measurement.ts';
import type { Figure } from '../result/figure.ts';
import { printRates } from '../result/table.ts';
import { measureAgainstCeiling } from './ceiling.ts';

export const BATCHES_LOAD = '1,000 a batch';

/** Durable batches of 1,000 records, one after another. */
export const batches: Measurement = {
  name: 'batches',
  title: 'durable batches of 1,000 records',
  async run(settings): Promise<readonly Figure[]> {
    const load = { callers: 1, batchRecords: 1000, recordBytes: 256, durationMs: settings.roundMs };
    const ceiling = { ways: BARE_WAYS, contenderOf: bareLoop };
    const contenders = [fslog(), ...(settings.withPeers ? peerWriters() : [])];
    const rates = { measurement: 'batches', name: BATCHES_LOAD, load, contenders };
    const { figures, way } = await measureAgainstCeiling(rates, ceiling, settings);
    printRates(`batches of 1,000; bare: ${way}`, figures);
    return figures;
  },
};
