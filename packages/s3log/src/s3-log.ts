import type { Log } from '@wal/core';

/**
 * A log in an object store. Durable means: stored there, each group of appends as one object.
 *
 * Whoever opens it for writing takes it over from a writer before, whose calls then reject `ERR_LOG_FENCED`.
 */
export interface S3Log extends Log {
  /** What all keys of the log begin with. */
  readonly prefix: string;
  readonly readOnly: boolean;
  /** The writer generation: rises with every opening for writing, and with every truncate. */
  readonly epoch: number;
  /** What was given at creation; empty if nothing was. A copy. */
  readonly metadata: Uint8Array;
  /**
   * Deletes objects that are not needed any more: old root versions, and what a trim left when it was interrupted.
   * Safe at any time, from any process. @returns how many were deleted.
   */
  collect(): Promise<number>;
}
