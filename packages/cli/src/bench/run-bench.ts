import type { Output } from '../output/output.ts';
import { startProgress } from '../progress/progress.ts';
import type { BenchPlace } from './bench-place.ts';
import {
  type AppendRate,
  type Measuring,
  measureAppends,
  measureScan,
  type Rate,
} from './measure.ts';

export interface BenchSettings {
  readonly recordBytes: number;
  /** For each of the measurements. */
  readonly seconds: number;
  readonly showsProgress: boolean;
  readonly signal: AbortSignal;
}

/** What was measured. */
export interface BenchResult {
  readonly appends: readonly AppendRate[];
  readonly scan: Rate;
}

/** How many callers append at once, measurement after measurement. */
const CALLERS = [1, 64] as const;

/** What a measurement appends at most: it is to fill nobody's disk. */
const MOST_BYTES = 1024 ** 3;
const MOST_BYTES_IN_MEMORY = 256 * 1024 ** 2;

/** Measures, one after the other. @throws what the log throws; `signal.reason` */
export async function runBench(
  { backend, log }: BenchPlace,
  { recordBytes, seconds, showsProgress, signal }: BenchSettings,
  stderr: Output,
): Promise<BenchResult> {
  const durationMs = seconds * 1000;
  const mostBytes = backend === 'memlog' ? MOST_BYTES_IN_MEMORY : MOST_BYTES;
  const measure = async <Measured>(
    label: string,
    of: (measuring: Measuring) => Promise<Measured>,
  ): Promise<Measured> => {
    const progress = startProgress(stderr, {
      label,
      unit: 'seconds',
      total: seconds,
      isWanted: showsProgress,
    });
    const onElapsed = (elapsedMs: number): void => progress.show(elapsedMs / 1000);
    try {
      const measured = await of({
        log,
        recordBytes,
        durationMs,
        mostBytes,
        signal,
        onElapsed,
      });
      signal.throwIfAborted();
      return measured;
    } finally {
      progress.end();
    }
  };
  const appends: AppendRate[] = [];
  for (const callers of CALLERS) {
    appends.push(await measure(`append, ${callers} at once`, (by) => measureAppends(by, callers)));
  }
  return { appends, scan: await measure('scan', measureScan) };
}
