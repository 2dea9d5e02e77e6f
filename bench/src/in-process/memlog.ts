import { createMemLog, type MemLog } from '@wal/memlog';
import { scanByBatch, scanForAwait } from '../contenders/fslog-reader.ts';
import type { Measurement, Settings } from '../measurement.ts';
import type { Figure } from '../result/figure.ts';
import { printFigures } from '../result/table.ts';
import { runLoad } from '../runner/load.ts';
import { recordOf } from '../runner/record.ts';
import { callsPerSecond } from './mitata-run.ts';

const BATCH_RECORDS = 1000;
const SCANNED_RECORDS = 100_000;
/** Then the log is emptied, so that the measurement does not fill the memory. */
const TRIM_EVERY = 100_000;
const CALLERS = 1024;

export const MEMLOG_APPENDS = 'append, 1,024 at once';
export const MEMLOG_SCAN = 'scan by nextBatch';

/** The cost of the interface itself: memlog waits for nothing. */
export const memlog: Measurement = {
  name: 'memlog',
  title: 'the log in memory: what the interface itself costs',
  async run(settings): Promise<Figure[]> {
    const rates = new Map([[MEMLOG_APPENDS, await appendsAtOnce(settings)]]);
    const full = createMemLog();
    const batch = Array.from({ length: BATCH_RECORDS }, () => recordOf(256));
    for (let i = 0; i < SCANNED_RECORDS; i += BATCH_RECORDS) await full.append(batch);
    const log = createMemLog();
    const timed = await callsPerSecond([
      { name: 'append, one at a time', count: 1, run: () => appendTo(log, batch.slice(0, 1)) },
      { name: 'append, 1,000 a batch', count: BATCH_RECORDS, run: () => appendTo(log, batch) },
      { name: 'get', count: 1, run: () => full.get(SCANNED_RECORDS / 2) },
      { name: MEMLOG_SCAN, count: SCANNED_RECORDS, run: () => scanByBatch(full) },
      { name: 'scan by for await', count: SCANNED_RECORDS, run: () => scanForAwait(full) },
    ]);
    for (const [name, rate] of timed) rates.set(name, [rate]);
    const figures = [...rates].map(
      ([load, rounds]): Figure => ({
        measurement: 'memlog',
        load,
        contender: 'memlog',
        metric: 'throughput',
        unit: 'records/s',
        rounds,
      }),
    );
    printFigures('memlog, records of 256 bytes', figures);
    return figures;
  },
};

async function appendsAtOnce({ rounds, roundMs }: Settings): Promise<number[]> {
  const log = createMemLog();
  const store = {
    append: (record: Uint8Array) => appendTo(log, record),
    appendBatch: (records: readonly Uint8Array[]) => appendTo(log, records),
    close: () => log.close(),
  };
  const load = { callers: CALLERS, batchRecords: 1, recordBytes: 256, durationMs: roundMs };
  await runLoad(store, load);
  const rates: number[] = [];
  for (let i = 0; i < rounds; i++) rates.push((await runLoad(store, load)).recordsPerSecond);
  return rates;
}

async function appendTo(log: MemLog, input: Uint8Array | readonly Uint8Array[]): Promise<void> {
  const { firstId, lastId } = await log.append(input);
  if (Math.floor(lastId / TRIM_EVERY) > Math.floor((firstId - 1) / TRIM_EVERY)) {
    await log.trim(lastId);
  }
}
