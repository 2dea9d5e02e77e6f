import type { Log, LogRecord, RecordId } from '@wal/core';
import { RecordCursor } from './record-cursor.ts';
import { runsOf } from './runs.ts';

/** Ids from one to another; none where `through` is below `from`. */
export interface IdRange {
  readonly from: RecordId;
  readonly through: RecordId;
}

export interface CompareOptions {
  readonly signal: AbortSignal;
  readonly onCompared: (lastId: RecordId) => void;
}

/** The ids up to `through` that both logs hold. */
export function commonRange(one: Log, other: Log, through: RecordId): IdRange {
  const from = Math.max(one.firstId ?? one.nextId, other.firstId ?? other.nextId);
  return { from, through: Math.min(through, one.lastId ?? -1, other.lastId ?? -1) };
}

/**
 * Compares records of two logs, byte for byte.
 * @returns the id of the first that is not the same in both, if there is one.
 * @throws `signal.reason`; what reading throws
 */
export async function findDifference(
  one: Log,
  other: Log,
  { from, through }: IdRange,
  { signal, onCompared }: CompareOptions,
): Promise<RecordId | undefined> {
  if (through < from) return undefined;
  const cursor = new RecordCursor(other, { from, through });
  let nextId = from;
  try {
    for await (const records of runsOf(one, { start: from, end: through, signal })) {
      for (const record of records) {
        if (record.id !== nextId || !isSame(record, await cursor.next())) return nextId;
        nextId++;
      }
      onCompared(nextId - 1);
    }
  } finally {
    await cursor.close();
  }
  return nextId > through ? undefined : nextId;
}

/** Whether the other record is there, with the same id and bytes. */
export function isSame(record: LogRecord, other: LogRecord | undefined): boolean {
  return other?.id === record.id && Buffer.compare(record.data, other.data) === 0;
}
