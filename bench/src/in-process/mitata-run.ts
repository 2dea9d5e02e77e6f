import { bench, run } from 'mitata';
import { median } from '../runner/statistics.ts';

/** A function that mitata calls until it knows how long it takes. */
export interface Timed {
  readonly name: string;
  /** How many of what is counted one call does. */
  readonly count: number;
  run(): unknown;
}

/** How often each can be done in a second. */
export async function callsPerSecond(
  timed: readonly Timed[],
): Promise<ReadonlyMap<string, number>> {
  for (const one of timed) bench(one.name, () => one.run());
  const { benchmarks } = await run({ format: 'quiet', throw: true });
  const rates = new Map<string, number>();
  for (const { alias, runs } of benchmarks) {
    const one = timed.find(({ name }) => name === alias);
    const times = runs.flatMap(({ stats }) => (stats === undefined ? [] : [stats.p50]));
    if (one !== undefined) rates.set(alias, (one.count * 1e9) / median(times));
  }
  return rates;
}
