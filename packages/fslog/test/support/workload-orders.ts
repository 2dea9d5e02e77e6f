import type { FsLogOptions } from '@wal/fslog';
import type { WorkloadCall } from './workload.ts';

/** A call that a writer makes of its log; those beside `WorkloadCall` change nothing that a log holds. */
export type WorkloadStep =
  | WorkloadCall
  | { readonly call: 'sync' }
  | { readonly call: 'close' }
  | { readonly call: 'open' }
  | { readonly call: 'pause'; readonly ms: number };

/** Each line is made at once, when all of the one before have settled. */
export type WorkloadScript = readonly (readonly WorkloadStep[])[];

/**
 * When a signal comes: before the call is made; while it is under way, and of a write half is done; or when
 * it is done, and the process has not heard of it.
 */
export const MOMENTS = ['before', 'amid', 'after'] as const;

/** The call to its system at which a writer sends itself a signal. */
export interface Interruption {
  /** Counts from 0, among those that match. */
  readonly nth: number;
  /** Only calls of this name and file count, such as `pwrite64 segment`; all without. */
  readonly of?: string;
  readonly moment: (typeof MOMENTS)[number];
  readonly signal: 'SIGKILL' | 'SIGSTOP';
}

/** What a writer is to do. */
export interface WorkloadOrders {
  readonly directory: string;
  readonly options: FsLogOptions;
  readonly seed: number;
  /** Random calls without, until it is killed or has lost the log. */
  readonly script?: WorkloadScript;
  readonly interruption?: Interruption;
  /** How long it tries to open a log that is locked. Default: once. */
  readonly patienceMs?: number;
  /** How far its clock is ahead of the system's. */
  readonly clockAheadMs?: number;
}

/** A call to the system: what, of what file, and what the log was doing. */
export interface SystemCall {
  readonly name: string;
  readonly file: string;
  readonly during: string;
}

/** What a writer says, one line each, in the order in which it happened. */
export type WorkloadLine =
  | { readonly say: 'started' }
  | {
      readonly say: 'opened';
      readonly firstId: number;
      readonly nextId: number;
      readonly digest: string;
      readonly ms: number;
    }
  | { readonly say: 'refused'; readonly code: string; readonly message: string }
  | { readonly say: 'begin'; readonly number: number; readonly call: WorkloadCall }
  | { readonly say: 'end'; readonly number: number }
  | { readonly say: 'failed'; readonly number: number; readonly code: string }
  | { readonly say: 'interrupted'; readonly at: SystemCall }
  | { readonly say: 'finished'; readonly systemCalls: readonly SystemCall[] };
