import type { DiskCrash } from './crash-capability.ts';
import { CrashFailure } from './crash-failure.ts';
import { DiskCrashRun, type DiskCrashRunOptions } from './disk-crash-run.ts';

/** The most operations of the runs that are tried, the fewest first. */
const SIZES = [1, 2, 3, 5];
const RUNS_OF_A_SIZE = 10;

/**
 * Looks for a run of few operations that fails as well, since a short history tells more than a long one.
 * What it finds follows from the seed of the run that has failed: that one repeats both.
 */
export async function smallerFailure(
  crash: DiskCrash,
  seed: number,
  options: DiskCrashRunOptions,
): Promise<CrashFailure | undefined> {
  for (const operations of SIZES) {
    const smaller = { ...options, operations, generations: 2 };
    for (let i = 0; i < RUNS_OF_A_SIZE; i++) {
      try {
        await new DiskCrashRun(crash, seed + i, smaller).run();
      } catch (error) {
        if (!(error instanceof CrashFailure)) throw error;
        return new CrashFailure(seed, smaller, error.cause, error.history);
      }
    }
  }
  return undefined;
}
