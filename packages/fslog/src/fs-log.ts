import type { Log, RecordId } from '@wal/core';
import type { TornTail } from './recovery/tail-recovery.ts';

/** What opening a log found and did. */
export interface FsLogRecovery {
  /**
   * Whether the last writer had closed the log, so that there was nothing to look for. With `readOnly`, which recovers
   * nothing: whether the log was closed and not written since; false beside a writer that has written.
   */
  readonly wasClean: boolean;
  /** Bytes that were never acknowledged, and were dropped. */
  readonly torn: TornTail | undefined;
}

/** One segment file of a log. */
export interface FsLogSegment {
  /** The name of its file in the log's directory. */
  readonly name: string;
  /** The epoch of the owner who began it × 2^24, plus a count: rises from segment to segment, never used again. */
  readonly sequence: number;
  /** The id of its first record, or of the record it will begin with; it may be trimmed. */
  readonly firstId: RecordId;
}

/** What is told of a segment; a copy. */
export function describeSegment({ name, sequence, firstId }: FsLogSegment): FsLogSegment {
  return { name, sequence, firstId };
}

/**
 * A log in a directory. Durable means synced to the disk (O_DSYNC or fdatasync of the segment, fsync of the directory
 * where names change), unless the `durability` option says otherwise.
 */
export interface FsLog extends Log {
  /** The absolute path. */
  readonly directory: string;
  /** Whether it was opened with `readOnly`: every change then rejects `ERR_LOG_READ_ONLY`. */
  readonly readOnly: boolean;
  /** The writer generation: rises with every opening for writing. */
  readonly epoch: number;
  /** What was given at creation; empty if nothing was. A copy. */
  readonly metadata: Uint8Array;
  /** What opening it found and did; does not change afterwards. */
  readonly recovery: FsLogRecovery;
  /**
   * The live segments, oldest first. A new log has none until its first append.
   * @throws LogError `ERR_LOG_CORRUPT` when one is missing, `ERR_LOG_CLOSED`
   */
  listSegments(): Promise<readonly FsLogSegment[]>;
  /**
   * Cuts a segment now: the next record begins a new one. Does nothing where the current one is empty.
   * @throws LogError `ERR_LOG_NO_SPACE`, `ERR_LOG_FAILED`, `ERR_LOG_FENCED`, `ERR_LOG_READ_ONLY`
   */
  roll(): Promise<void>;
  /**
   * When it resolves, everything appended by calls before it is durable, whatever the `durability` option.
   * @throws LogError `ERR_LOG_FAILED`, `ERR_LOG_FENCED`, `ERR_LOG_READ_ONLY`
   */
  sync(): Promise<void>;
}
