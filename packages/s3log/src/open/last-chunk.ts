import type { RecordId } from '@wal/core';
import type { ChunkSource } from '../chunk/chunk-source.ts';
import { corrupt, type ObjectHeader } from '../chunk/object-header.ts';
import type { LogExtent } from '../read/log-extent.ts';
import { firstSlot, keptLast, type Root } from '../root/root.ts';
import type { DataListing } from './data-listing.ts';
import { type EpochEnd, findEpochEnd } from './epoch-end.ts';

/** The most epochs that are looked at at once. */
const MOST_AT_ONCE = 16;

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
  const end =
    ends.findLast(({ epoch, slot }) => slot > firstSlot(root, epoch)) ??
    (await findOlderEnd(root, listing, source, (ends[0]?.epoch ?? 0) - 1));
  if (end === undefined) return undefined;
  const place = { epoch: end.epoch, slot: end.slot - 1 };
  const header = end.last ?? (await source.header(place));
  if (header?.kind === 'chunk') return header;
  throw corrupt(source.keyOf(place), 'is missing: the last chunk of the log');
}

/**
 * Where the newest epoch with a chunk in it ends, from `newest` down. A log that was opened often and not written to has
 * many without: so each round looks at twice as many at once.
 */
async function findOlderEnd(
  root: Root,
  listing: DataListing,
  source: ChunkSource,
  newest: number,
): Promise<EpochEnd | undefined> {
  let width = 1;
  for (let epoch = newest; epoch >= root.chunks.epoch; epoch -= width, width *= 2) {
    width = Math.min(width, MOST_AT_ONCE, epoch - root.chunks.epoch + 1);
    const looks = Array.from({ length: width }, (_, i) =>
      findEpochEnd(root, listing, source, epoch - i),
    );
    for (const look of await Promise.allSettled(looks)) {
      if (look.status === 'rejected') throw look.reason;
      const end = look.value;
      if (!end.isSealed) throw corrupt(source.keyOf(end), 'is missing: the seal of an older epoch');
      if (end.slot > firstSlot(root, end.epoch)) return end;
    }
  }
  return undefined;
}

/** What readers are told of the chunks of a log that goes on in an epoch, so that they know how many to ask for at once. */
export function hintsOf(
  last: ObjectHeader | undefined,
  listing: DataListing,
  tailEpoch: number,
): Pick<LogExtent, 'sealed' | 'listedBytes'> {
  const listedBytes = listing.largestBytes;
  if (last === undefined || last.epoch === tailEpoch) return { listedBytes };
  const { epoch, slot, nextId } = last;
  return { listedBytes, sealed: { epoch, slot: slot + 1, nextId } };
}

/** The id that follows the last chunk, truncates, trims and compaction considered. */
export function nextIdAfter(root: Root, last: ObjectHeader | undefined): RecordId {
  if (last === undefined) return root.chunks.firstId;
  const lastId = Math.min(last.nextId - 1, keptLast(root, last.epoch));
  return Math.max(lastId + 1, root.chunks.firstId);
}
