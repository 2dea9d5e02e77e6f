import type { WorkloadCall } from '../support/workload.ts';
import type { LogContent } from './log-content.ts';
import type { PlantedBug } from './planted-bug-disk.ts';

/** What a writer is told to do. */
export interface WriterTask {
  readonly directory: string;
  /** The write log of the device below. */
  readonly writeLog: string;
  readonly seed: number;
  readonly calls: number;
  readonly options: { readonly segmentBytes: number; readonly preallocate: boolean };
  readonly end: 'closes' | 'exits' | 'is killed';
  readonly bug: PlantedBug | undefined;
}

/** A call that it made. Places in time are counts of entries of the write log, never too high where a call begins. */
export interface TimedCall {
  readonly call: WorkloadCall;
  readonly begun: number;
  acknowledged: number | undefined;
}

/** What it did until it ended. */
export interface WriterReport {
  readonly opening: number;
  readonly opened: { readonly at: number; readonly found: LogContent } | undefined;
  readonly calls: readonly TimedCall[];
}

/** What it says, a JSON line each. */
export type WriterLine =
  | { readonly opening: number }
  | { readonly opened: number; readonly found: LogContent }
  | { readonly begun: number; readonly call: WorkloadCall }
  | { readonly acknowledged: number; readonly number: number };
