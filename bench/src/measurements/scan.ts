import { bareReader } from '../contenders/bare-reader.ts';
import { fslogReader, scanByBatch, scanForAwait } from '../contenders/fslog-reader.ts';
import { peerReaders } from '../contenders/peers.ts';
import type { ReadableContender, ReadableStore } from '../contenders/store.ts';
import { inTemporaryFolder } from '../disk/temporary-folder.ts';
import type { Measurement, Settings } from '../measurement.ts';
import type { Figure } from '../result/figure.ts';
import { printRates } from '../result/table.ts';
import { interleave } from '../runner/interleave.ts';
import { recordOf } from '../runner/record.ts';

/** So much is read at each size, and not more records than these. */
const SCANNED_BYTES = 128 * 1024 * 1024;
const SCANNED_RECORDS = 500_000;
const BATCH_RECORDS = 1000;

/** All records from the first to the last, out of the page cache; ours checks every checksum. */
export const scan: Measurement = {
  name: 'scan',
  title: 'all records from the first to the last, by record size',
  async run(settings): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const bytes of settings.quick ? [256] : [64, 256, 1024, 4096, 65536]) {
      const few =
        bytes === 256 ? peerReaders() : peerReaders().filter(({ name }) => name === 'lmdb');
      const contenders = [
        fslogReader('fslog nextBatch', BATCH_RECORDS, scanByBatch),
        fslogReader('fslog for await', BATCH_RECORDS, scanForAwait),
        bareReader,
      ];
      if (settings.withPeers) contenders.push(...few);
      figures.push(...(await scansOf(bytes, contenders, settings)));
    }
    return figures;
  },
};

export function scanLoadName(bytes: number): string {
  return `${bytes.toLocaleString('en-US')} bytes`;
}

function scansOf(
  bytes: number,
  contenders: readonly ReadableContender[],
  settings: Settings,
): Promise<Figure[]> {
  const all = Math.min(SCANNED_RECORDS, Math.floor(SCANNED_BYTES / bytes));
  const count = settings.quick ? Math.ceil(all / 20) : all;
  const record = recordOf(bytes);
  return withFilled(contenders, record, count, settings.folder, async (stores) => {
    const cells = [...stores].map(([name, store]) => ({
      name,
      run: () => scanOnce(store, count, bytes),
    }));
    await interleave(cells, 1); // Warms up.
    const results = await interleave(cells, settings.rounds);
    const load = scanLoadName(bytes);
    const figures = [...results].flatMap(([contender, rounds]): Figure[] => {
      const base = { measurement: 'scan', load, contender };
      const megabytes = rounds.map((rate) => (rate * bytes) / 1e6);
      return [
        { ...base, metric: 'throughput', unit: 'records/s', rounds },
        { ...base, metric: 'bytes', unit: 'MB/s', rounds: megabytes },
      ];
    });
    printRates(`scan, records of ${load}`, figures);
    return figures;
  });
}

async function scanOnce(store: ReadableStore, count: number, bytes: number): Promise<number> {
  const startedAt = performance.now();
  const scanned = await store.scan();
  const seconds = (performance.now() - startedAt) / 1000;
  if (scanned !== count * bytes) throw new Error(`scanned ${scanned} bytes of ${count * bytes}`);
  return count / seconds;
}

/** Runs with a filled store of each, all in folders of their own, which are gone afterwards. */
export function withFilled<Result>(
  contenders: readonly ReadableContender[],
  record: Uint8Array,
  count: number,
  parent: string,
  run: (stores: ReadonlyMap<string, ReadableStore>) => Promise<Result>,
): Promise<Result> {
  const stores = new Map<string, ReadableStore>();
  const fillNext = async (i: number): Promise<Result> => {
    const contender = contenders[i];
    if (contender === undefined) return run(stores);
    return inTemporaryFolder(parent, async (folder) => {
      const store = await contender.fill(folder, record, count);
      stores.set(contender.name, store);
      try {
        return await fillNext(i + 1);
      } finally {
        await store.close();
      }
    });
  };
  return fillNext(0);
}
