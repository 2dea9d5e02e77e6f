import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

const NANOSECONDS = 1e6;
export const PERCENTILES: readonly number[] = [50, 90, 99, 99.9, 100];

/** How long calls took, over all rounds, to three digits. */
export class Latencies {
  readonly #histogram: RecordableHistogram = createHistogram({ figures: 3 });

  add(milliseconds: Iterable<number>): void {
    for (const each of milliseconds) {
      this.#histogram.record(Math.max(1, Math.round(each * NANOSECONDS)));
    }
  }

  /** In milliseconds. */
  percentile(percent: number): number {
    return this.#histogram.percentile(percent) / NANOSECONDS;
  }
}
