import type { RecordId } from '@wal/core';
import type { StoredRecords } from './stored-records.ts';

/** A checked change of a log. It becomes durable as a whole or not at all. */
export type Write = AppendWrite | TruncateWrite | TrimWrite;

export interface AppendWrite {
  readonly kind: 'append';
  /** The id that the first record gets. */
  readonly firstId: RecordId;
  /** Private copies of the caller's bytes. */
  readonly records: readonly Uint8Array[];
  /** The data of all of them together. */
  readonly bytes: number;
}

interface TruncateWrite {
  readonly kind: 'truncate';
  readonly lastToKeep: RecordId;
}

interface TrimWrite {
  readonly kind: 'trim';
  readonly discardUpTo: RecordId;
}

/** Makes a write durable. */
export function applyWrite(stored: StoredRecords, write: Write): void {
  if (write.kind === 'append') {
    for (const data of write.records) stored.append(data);
  } else if (write.kind === 'truncate') {
    stored.truncate(write.lastToKeep);
  } else {
    stored.trim(write.discardUpTo);
  }
}

/** Whether a write, were it made durable now, would leave everything as it is. */
export function changesNothing(stored: StoredRecords, write: Write): boolean {
  if (write.kind === 'append') return write.records.length === 0;
  if (write.kind === 'trim') return write.discardUpTo <= stored.trimMark;
  return write.lastToKeep >= stored.lastId || stored.lastId === stored.trimMark;
}

/** Where a log ends, once all writes accepted so far are made: what `nextId` and id checks go by. */
export class LogEnd {
  #nextId: RecordId;
  #trimMark: RecordId;

  constructor(stored: StoredRecords) {
    this.#nextId = stored.lastId + 1;
    this.#trimMark = stored.trimMark;
  }

  get nextId(): RecordId {
    return this.#nextId;
  }

  /** Moves the end as `write` will. */
  advance(write: Write): void {
    if (write.kind === 'append') {
      this.#nextId += write.records.length;
    } else if (write.kind === 'truncate') {
      // An empty log has nextId = trimMark + 1, and so stays where it is.
      const nextId = Math.max(write.lastToKeep, this.#trimMark) + 1;
      this.#nextId = Math.min(this.#nextId, nextId);
    } else {
      this.#trimMark = Math.max(this.#trimMark, write.discardUpTo);
      this.#nextId = Math.max(this.#nextId, write.discardUpTo + 1);
    }
  }
}
