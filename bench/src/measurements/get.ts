import { bareReader } from '../contenders/bare-reader.ts';
import { fslogReader } from '../contenders/fslog-reader.ts';
import { peerReaders } from '../contenders/peers.ts';
import type { ReadableStore } from '../contenders/store.ts';
import type { Measurement } from '../measurement.ts';
import type { Figure } from '../result/figure.ts';
import { printRates } from '../result/table.ts';
import { interleave } from '../runner/interleave.ts';
import { recordOf } from '../runner/record.ts';
import { withFilled } from './scan.ts';

const RECORDS = 1_000_000;
/** A working set of 1 MB: any cache of records or blocks holds it. */
const HOT_RECORDS = 4096;
/** As sixteen callers at once leave them; as a loader does. */
const SMALL_BATCH = 16;
const LARGE_BATCH = 1000;
export const HOT_LOAD = '1 MB';
const COLD_LOAD = '256 MB';

/** Single records by id, at random places, each awaited before the next, out of the page cache. */
export const get: Measurement = {
  name: 'get',
  title: 'single records at random, of a working set that fits a cache and of one that does not',
  async run(settings): Promise<Figure[]> {
    const count = settings.quick ? 20_000 : RECORDS;
    const contenders = [
      fslogReader('fslog', SMALL_BATCH),
      fslogReader(`fslog, ${LARGE_BATCH.toLocaleString('en-US')} a batch`, LARGE_BATCH),
      bareReader,
    ];
    if (settings.withPeers) contenders.push(...peerReaders());
    const record = recordOf(256);
    return withFilled(contenders, record, count, settings.folder, async (stores) => {
      const figures: Figure[] = [];
      for (const [load, places] of [
        [HOT_LOAD, HOT_RECORDS],
        [COLD_LOAD, count],
      ] as const) {
        const cells = [...stores].map(([name, store]) => ({
          name,
          run: () => getsPerSecond(store, places, settings.roundMs),
        }));
        await interleave(cells, 1); // Warms up.
        const results = await interleave(cells, settings.rounds);
        const measured = [...results].map(
          ([contender, rounds]): Figure => ({
            measurement: 'get',
            load,
            contender,
            metric: 'throughput',
            unit: 'records/s',
            rounds,
          }),
        );
        printRates(`get at random, working set of ${load}`, measured);
        figures.push(...measured);
      }
      return figures;
    });
  },
};

/** The places are the same in every round: a linear congruential generator with one seed. */
async function getsPerSecond(store: ReadableStore, places: number, forMs: number): Promise<number> {
  if (store.get === undefined) return 0;
  let random = 0x5eed;
  let gets = 0;
  const startedAt = performance.now();
  const endsAt = startedAt + forMs;
  while (performance.now() < endsAt) {
    // Some at a time: what answers at once would otherwise measure the clock.
    for (let i = 0; i < 64; i++) {
      random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
      const place = Math.floor((random / 2 ** 32) * places);
      const data = await store.get(place);
      if (data.length !== 256) throw new Error(`${data.length} bytes at ${place}`);
    }
    gets += 64;
  }
  return gets / ((performance.now() - startedAt) / 1000);
}
