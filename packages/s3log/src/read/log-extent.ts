import type { RecordId } from '@wal/core';
import type { SlotPlace } from '../keys/log-keys.ts';
import type { Root } from '../root/root.ts';

/** Where the chunks of an epoch end: the slot behind the last one, and the id behind its last record. */
export interface EpochLimit extends SlotPlace {
  readonly nextId: RecordId;
}

/** How far a log reaches, as an open handle knows it. */
export interface LogExtent {
  readonly root: Root;
  /** The place that the next chunk gets. */
  readonly tail: SlotPlace;
  /** The id after the last durable record. */
  readonly nextId: RecordId;
  /** An epoch without a chunk that a truncate has ended, and so for all: its seal may be missing still. */
  readonly unsealed?: number | undefined;
  /** Where the newest older epoch with chunks ends, if there was one when the log was opened. */
  readonly sealed?: EpochLimit | undefined;
  /** The size of the largest of the newest chunks, as they were listed at the opening: a hint. */
  readonly listedBytes?: number | undefined;
}
