import type { Log } from '@wal/core';

/**
 * A log in an object store. Durable means: stored there, each group of appends as one object.
 *
 * Whoever opens it for writing takes it over from a writer before, whose next append, truncate or trim rejects
 * `ERR_LOG_FENCED`, which says that it is not in the log. `ERR_LOG_OUTCOME_UNKNOWN` says that nobody can tell, and
 * `ERR_LOG_FAILED` that the store failed; each of the three ends writing with this handle, while reading goes on.
 */
export interface S3Log extends Log {
  /** What all keys of the log begin with: empty, or with a slash at its end. */
  readonly prefix: string;
  /** Whether it was opened with `readOnly`: every change but `collect` then rejects `ERR_LOG_READ_ONLY`. */
  readonly readOnly: boolean;
  /** The writer generation: rises with every opening for writing, and with every truncate. */
  readonly epoch: number;
  /** What was given at creation; empty if nothing was. A copy. */
  readonly metadata: Uint8Array;
  /**
   * Puts the chunks below the tail together into segments, which are replayed with fewer requests; the chunks are
   * deleted some time later. For the owner of the log alone: no other process can name a segment.
   * @returns how many segments it made: none where there are not two chunks.
   * @throws LogError `ERR_LOG_READ_ONLY`, `ERR_LOG_FENCED`, `ERR_LOG_FAILED`, `ERR_LOG_CORRUPT`, `ERR_LOG_CLOSED`
   */
  compact(): Promise<number>;
  /**
   * Deletes objects that are not needed any more: old root versions, chunks that are in segments, segments that were
   * never named, and what a trim left when it was interrupted.
   * Safe at any time, from any process, by a handle that only reads, too.
   * @returns how many were deleted.
   * @throws LogError `ERR_LOG_FAILED` where some were not, `ERR_LOG_CLOSED`
   */
  collect(): Promise<number>;
}
