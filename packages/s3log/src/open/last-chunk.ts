import type { RecordId } from '@wal/core';
import type { ChunkSource } from '../chunk/chunk-source.ts';
import { corrupt, type ObjectHeader } from '../chunk/object-header.ts';
import { firstSlot, keptLast, type Root } from '../root/root.ts';
import type { DataListing } from './data-listing.ts';
import { type EpochEnd, findEpochEnd } from './epoch-end.ts';

/**
 * The header of the last chunk of a log, given where its newest epochs end, oldest first; `undefined` if there is
 * none where the chunks begin or above.
 * @throws LogError `ERR_LOG_CORRUPT`
 */
export async function findLastChunk(
  root: Root,
  listing: DataListing,
  source: ChunkSource,
  ends: readonly EpochEnd[],
): Promise<ObjectHeader | undefined> {
  let end = ends.findLast(({ epoch, slot }) => slot > firstSlot(root, epoch));
  for (
    let epoch = (ends[0]?.epoch ?? 0) - 1;
    end === undefined && epoch >= root.chunks.epoch;
    epoch--
  ) {
    const older = await findEpochEnd(root, listing, source, epoch);
    if (!older.isSealed)
      throw corrupt(source.keyOf(older), 'is missing: the seal of an older epoch');
    if (older.slot > firstSlot(root, epoch)) end = older;
  }
  if (end === undefined) return undefined;
  const place = { epoch: end.epoch, slot: end.slot - 1 };
  const header = end.last ?? (await source.header(place));
  if (header?.kind === 'chunk') return header;
  throw corrupt(source.keyOf(place), 'is missing: the last chunk of the log');
}

/** The id that follows the last chunk, truncates, trims and compaction considered. */
export function nextIdAfter(root: Root, last: ObjectHeader | undefined): RecordId {
  if (last === undefined) return root.chunks.firstId;
  const lastId = Math.min(last.nextId - 1, keptLast(root, last.epoch));
  return Math.max(lastId + 1, root.chunks.firstId);
}
