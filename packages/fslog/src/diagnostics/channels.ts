import { type Channel, channel } from 'node:diagnostics_channel';
import type { LogError, RecordId } from '@wal/core';
import type { TornTail } from '../recovery/tail-recovery.ts';

/** What every message says: which log. */
interface FsLogMessage {
  /** The absolute path of the log's directory. */
  readonly directory: string;
}

/**
 * On `wal:fslog:append`: a group of appends is durable, or written, as `durability` has it, and about to resolve. None
 * of a group that failed, also where a full disk has let a part of it through.
 */
export interface FsLogAppendMessage extends FsLogMessage {
  readonly firstId: RecordId;
  readonly lastId: RecordId;
  /** Calls of `append` that share the group. */
  readonly appends: number;
  readonly records: number;
  /** Bytes written for it to the segment, framing included. */
  readonly bytes: number;
  /** From when its first append was let into the queue, which may be full, to when its write began, in milliseconds. */
  readonly queueMs: number;
  /** What the write took. Where one call to the disk writes and syncs, all of that, and `syncMs` is 0. */
  readonly writeMs: number;
  /** What the sync took; 0 without one. */
  readonly syncMs: number;
}

/** On `wal:fslog:roll`: the log goes on in a new segment, and whatever made it necessary waited for that. */
export interface FsLogRollMessage extends FsLogMessage {
  /** Its file name. */
  readonly segment: string;
  /** The id that its first record has, or will have. */
  readonly firstId: RecordId;
  /**
   * The first append of this owner, or after a `trim` beyond the end; one that the last segment had no room for; a
   * `truncate`; a `roll`.
   */
  readonly reason: 'first' | 'full' | 'truncate' | 'roll';
  readonly durationMs: number;
}

/** On `wal:fslog:recovery`: a log was opened for writing. */
export interface FsLogRecoveryMessage extends FsLogMessage {
  readonly epoch: number;
  /** The first id that is not trimmed. */
  readonly firstId: RecordId;
  readonly nextId: RecordId;
  readonly wasClean: boolean;
  readonly torn: TornTail | undefined;
  /** The whole opening, the lock included. */
  readonly durationMs: number;
}

/** On `wal:fslog:failure`: the handle writes no more, and `error` is what its calls reject with from now on. */
export interface FsLogFailureMessage extends FsLogMessage {
  readonly epoch: number;
  readonly error: LogError;
}

/** On `wal:fslog:trim`: a trim that changed something is durable. */
export interface FsLogTrimMessage extends FsLogMessage {
  /** The first id that is not trimmed now. */
  readonly firstId: RecordId;
  /** How many segments it left without a record: their files are about to be removed. */
  readonly segments: number;
  readonly durationMs: number;
}

/** On `wal:fslog:truncate`: a truncate that changed something is durable. */
export interface FsLogTruncateMessage extends FsLogMessage {
  /** The id that the next record gets. */
  readonly nextId: RecordId;
  readonly durationMs: number;
}

export const appendChannel: Channel = channel('wal:fslog:append');
export const rollChannel: Channel = channel('wal:fslog:roll');
export const recoveryChannel: Channel = channel('wal:fslog:recovery');
export const failureChannel: Channel = channel('wal:fslog:failure');
export const trimChannel: Channel = channel('wal:fslog:trim');
export const truncateChannel: Channel = channel('wal:fslog:truncate');

/** The names of the channels, for `subscribe` of `node:diagnostics_channel`, each with what is published on it. */
export interface FsLogMessages {
  'wal:fslog:append': FsLogAppendMessage;
  'wal:fslog:roll': FsLogRollMessage;
  'wal:fslog:recovery': FsLogRecoveryMessage;
  'wal:fslog:failure': FsLogFailureMessage;
  'wal:fslog:trim': FsLogTrimMessage;
  'wal:fslog:truncate': FsLogTruncateMessage;
}
