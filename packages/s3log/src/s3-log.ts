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
   * Puts the chunks below the tail together into segments, which are replayed with fewer requests; the chunks are
   * deleted some time later. @returns how many segments it made: none where there are not two chunks.
   * @throws LogError `ERR_LOG_READ_ONLY`, `ERR_LOG_FENCED`, `ERR_LOG_FAILED`, `ERR_LOG_CORRUPT`
   */
  compact(): Promise<number>;
  /**
   * Deletes objects that are not needed any more: old root versions, chunks that are in segments, segments that were
   * never named, and what a trim left when it was interrupted.
   * Safe at any time, from any process. @returns how many were deleted.
   */
  collect(): Promise<number>;
}
