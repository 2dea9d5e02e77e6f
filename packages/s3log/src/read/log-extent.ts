import type { RecordId } from '@wal/core';
import type { SlotPlace } from '../keys/log-keys.ts';
import type { Root } from '../root/root.ts';

/** How far a log reaches, as an open handle knows it. */
export interface LogExtent {
  readonly root: Root;
  /** The place that the next chunk gets. */
  readonly tail: SlotPlace;
  /** The id after the last durable record. */
  readonly nextId: RecordId;
  /** An epoch without a chunk that a truncate has ended, and so for all: its seal may be missing still. */
  readonly unsealed?: number | undefined;
}
