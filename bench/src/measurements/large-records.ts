import { BARE_WAYS } from '../contenders/bare-file.ts';
import { bareLoop } from '../contenders/bare-loop.ts';
import { fslog } from '../contenders/fslog.ts';
import { peerWriters } from '../contenders/peers.ts';
import type { Measurement } from '../measurement.ts';
import type { Figure } from '../result/figure.ts';
import { printRates } from '../result/table.ts';
import { measureAgainstCeiling } from './ceiling.ts';

export const LARGE_LOAD = '64 KiB, 16 a batch';

/** Durable records of 64 KiB, a mebibyte a sync: the bare machine writes as many bytes to a growing file. */
export const largeRecords: Measurement = {
  name: 'large-records',
  title: 'durable records of 64 KiB against bare sequential writes',
  async run(settings): Promise<readonly Figure[]> {
    const load = {
      callers: 1,
      batchRecords: 16,
      recordBytes: 64 * 1024,
      durationMs: settings.roundMs,
    };
    const growing = BARE_WAYS.filter(({ ahead }) => !ahead);
    const over = BARE_WAYS.filter(({ ahead, oneCall }) => ahead && oneCall);
    const ceiling = { ways: growing, contenderOf: bareLoop };
    const contenders = [
      fslog(),
      ...over.map((way) => bareLoop(way, 'bare, over zeros')),
      ...(settings.withPeers ? peerWriters() : []).filter(({ name }) => TAKES_LARGE.has(name)),
    ];
    const rates = { measurement: 'large-records', name: LARGE_LOAD, load, contenders };
    const { figures, way } = await measureAgainstCeiling(rates, ceiling, settings);
    printRates(`records of ${LARGE_LOAD}; bare: ${way}`, figures);
    return figures;
  },
};

/** async-append-only-log has blocks of 64 KiB: such a record does not fit. */
const TAKES_LARGE: ReadonlySet<string> = new Set(['classic-level', 'lmdb', 'better-sqlite3']);
