import type { IndexEntry, LogRecord, RecordId, SegmentFooter } from '@wal/core';

/** The most bytes of a segment that one request asks for, unless a single batch is longer. */
export const RANGE_BYTES: number = 8 * 1024 * 1024;

/** Some batches of a segment, one behind the other. */
export interface SegmentRange {
  /** The first of them. */
  readonly entry: IndexEntry;
  /** Where the range ends in the segment. */
  readonly endAt: number;
  /** The id behind its last record. */
  readonly nextId: RecordId;
  /** The records, once they are read. */
  readonly records: readonly LogRecord[];
}

/** The range that begins with the batch of `from`, and goes up to that of `through` if that is not too far. */
export function rangeOf(
  { entries, byteOffset, nextId }: SegmentFooter,
  from: RecordId,
  through: RecordId,
): SegmentRange | undefined {
  const at = countWhere(entries, (entry) => entry.firstId <= from) - 1;
  const entry = entries[at];
  if (entry === undefined || from >= nextId) return undefined;
  const last = countWhere(entries, (other) => other.firstId <= through);
  const fits = countWhere(entries, (other) => other.byteOffset <= entry.byteOffset + RANGE_BYTES);
  const end = Math.max(
    at + 1,
    Math.min(last, byteOffset <= entry.byteOffset + RANGE_BYTES ? last : fits - 1),
  );
  const { firstId, byteOffset: endAt } = entries[end] ?? { firstId: nextId, byteOffset };
  return { entry, endAt, nextId: firstId, records: [] };
}

/** How many entries, of those in order, come before the first that is not so. */
function countWhere(entries: readonly IndexEntry[], isSo: (entry: IndexEntry) => boolean): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isSo(entries[middle] as IndexEntry)) low = middle + 1;
    else high = middle;
  }
  return low;
}
