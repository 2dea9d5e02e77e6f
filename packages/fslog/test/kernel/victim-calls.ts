import type { LogRecord } from '@wal/core';
import type { FsLogOptions } from '@wal/fslog';
import type { WorkloadCall } from '../support/workload.ts';

/** What a victim does wrong with its disk, planted to see that it is convicted. */
export type PlantedBug =
  | 'ignores short writes'
  | 'ignores failed writes'
  | 'ignores failed syncs'
  | 'tries a failed sync again'
  | 'closes no file';

/** One thing that a victim is told to do. */
export type VictimCall =
  | WorkloadCall
  | {
      readonly call: 'open';
      readonly directory: string;
      readonly options?: FsLogOptions;
      readonly bug?: PlantedBug;
    }
  | { readonly call: 'sync' }
  | { readonly call: 'read' }
  | { readonly call: 'pause'; readonly ms: number }
  /** Its event loop does not turn until somebody opens the pipe for writing. */
  | { readonly call: 'block'; readonly pipe: string }
  | { readonly call: 'close' };

/** What a log was found to hold. */
export interface FoundLog {
  readonly nextId: number;
  readonly records: readonly LogRecord[];
}

/** The same as a victim says it: the data as base64. */
export interface SaidLog {
  readonly nextId: number;
  readonly records: readonly (readonly [id: number, data: string])[];
}

/** What became of one call. */
export interface Outcome {
  readonly number: number;
  /** Of a call that resolved: what to; `null` for nothing. */
  readonly value?: unknown;
  /** Of a call that rejected with a LogError. `errnos`: those of its causes. */
  readonly code?: string;
  readonly errnos?: readonly number[];
  /** Of a call that rejected, with whatever. */
  readonly message?: string;
  /** There was no log to make it with: opening had failed. */
  readonly isSkipped?: boolean;
}

/** What a victim says before its first call, and after its last. */
export interface Ready {
  /** The thread that makes its asynchronous calls to the disk. */
  readonly diskThread: number;
}

export interface Leaving {
  /** Descriptors that are open still, of files in the log's directory. */
  readonly left: readonly string[];
}

export function heardLog({ nextId, records }: SaidLog): FoundLog {
  const heard = records.map(([id, data]) => ({
    id,
    data: new Uint8Array(Buffer.from(data, 'base64')),
  }));
  return { nextId, records: heard };
}
