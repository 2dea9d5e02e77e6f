import type { LogRecord } from '@wal/core';

/**
 * What one append takes at most, unless a record alone is more. On a disk it becomes a batch, and whoever reads one
 * record of a batch reads all of it.
 */
const UNIT_BYTES = 32_768;
/** What a record counts besides its data: so that empty ones are bounded, too. */
const RECORD_BYTES = 64;

/** Cuts a run of records into runs of a size for one append. */
export function* appendUnits(
  records: readonly LogRecord[],
  unitBytes: number = UNIT_BYTES,
): Generator<readonly LogRecord[]> {
  let start = 0;
  let bytes = 0;
  for (const [i, { data }] of records.entries()) {
    const cost = data.length + RECORD_BYTES;
    if (i > start && bytes + cost > unitBytes) {
      yield records.slice(start, i);
      start = i;
      bytes = 0;
    }
    bytes += cost;
  }
  if (start < records.length) yield records.slice(start);
}
