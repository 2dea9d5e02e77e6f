import type { Contender } from '../contenders/store.ts';
import { inTemporaryFolder } from '../disk/temporary-folder.ts';
import type { Settings } from '../measurement.ts';
import type { Figure } from '../result/figure.ts';
import { type Cell, interleave } from '../runner/interleave.ts';
import { Latencies, PERCENTILES } from '../runner/latency.ts';
import { type Load, type LoadResult, runLoad } from '../runner/load.ts';

/** Appends by several contenders in turn. */
export interface AppendRates {
  readonly measurement: string;
  /** How the load is called in the result. */
  readonly name: string;
  readonly load: Load;
  readonly contenders: readonly Contender[];
}

/** Measures each in a new folder each round, and makes figures of throughput and latency. */
export async function measureAppends(rates: AppendRates, settings: Settings): Promise<Figure[]> {
  const cells = rates.contenders.map((contender) => appendCell(contender, rates.load, settings));
  const results = await interleave(cells, settings.rounds);
  return [...results].flatMap(([contender, rounds]) => figuresOf(rates, contender, rounds));
}

/** A new folder, a new store, a moment to warm up, then the load. */
export function appendCell(contender: Contender, load: Load, settings: Settings): Cell<LoadResult> {
  return {
    name: contender.name,
    run: () =>
      inTemporaryFolder(settings.folder, async (folder) => {
        const store = await contender.open(folder);
        try {
          await runLoad(store, { ...load, durationMs: load.durationMs / 5 });
          return await runLoad(store, load);
        } finally {
          await store.close();
        }
      }),
  };
}

function figuresOf(
  { measurement, name, load }: AppendRates,
  contender: string,
  rounds: readonly LoadResult[],
): Figure[] {
  const base = { measurement, load: name, contender };
  const throughput: Figure = {
    ...base,
    metric: 'throughput',
    unit: 'records/s',
    rounds: rounds.map((one) => one.recordsPerSecond),
  };
  const latencies = new Latencies();
  for (const { latenciesMs } of rounds) latencies.add(latenciesMs);
  const percentiles = PERCENTILES.map(
    (percent): Figure => ({
      ...base,
      metric: percent === 100 ? 'longest' : `p${percent}`,
      unit: 'ms',
      rounds: [latencies.percentile(percent)],
    }),
  );
  const megabytes: Figure = {
    ...base,
    metric: 'bytes',
    unit: 'MB/s',
    rounds: rounds.map((one) => (one.recordsPerSecond * load.recordBytes) / 1e6),
  };
  return [throughput, megabytes, ...percentiles];
}
