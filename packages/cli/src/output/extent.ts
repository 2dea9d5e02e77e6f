import type { Log, RecordId } from '@wal/core';

/** Which records a log holds. */
export interface Extent {
  /** `null` when there is none: JSON has no `undefined`. */
  readonly firstId: RecordId | null;
  readonly lastId: RecordId | null;
  readonly nextId: RecordId;
}

export function extentOf({ firstId, lastId, nextId }: Log): Extent {
  return { firstId: firstId ?? null, lastId: lastId ?? null, nextId };
}

/** As a sentence: `records 3 to 5, the next is 6`. */
export function describeExtent({ firstId, lastId, nextId }: Extent): string {
  if (firstId === null || lastId === null) return `no records, the next is ${nextId}`;
  return `${describeIds(firstId, lastId)}, the next is ${nextId}`;
}

/** `record 3`, `records 3 to 5`, `records from 3 on`. */
export function describeIds(firstId: RecordId, lastId: RecordId | undefined): string {
  if (lastId === undefined) return `records from ${firstId} on`;
  return firstId === lastId ? `record ${firstId}` : `records ${firstId} to ${lastId}`;
}
