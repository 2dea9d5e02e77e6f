import type { ChunkSource } from '../chunk/chunk-source.ts';
import type { ObjectHeader } from '../chunk/object-header.ts';
import { firstSlot, type Root } from '../root/root.ts';
import type { DataListing } from './data-listing.ts';

/** Where an epoch ends: every slot from the trim mark's up to, not including, `slot` holds a chunk. */
export interface EpochEnd {
  readonly epoch: number;
  readonly slot: number;
  /** Whether a seal is at `slot`; if not, it is the lowest slot with nothing in it. */
  readonly isSealed: boolean;
  /** The slots above it with something in them that looks like a chunk. A seal there may turn out to be the end. */
  readonly above: ReadonlySet<number>;
  /** The header of the chunk before `slot`, where it is known already. */
  readonly last?: ObjectHeader | undefined;
}

/** Finds where an epoch ends, from a listing and a look at what looks like seals. */
export async function findEpochEnd(
  root: Root,
  listing: DataListing,
  source: ChunkSource,
  epoch: number,
): Promise<EpochEnd> {
  const base = firstSlot(root, epoch);
  // No writer sends a slot before the one `maxInFlight` below it is acknowledged: below that there is no hole.
  const newest = await listing.newestOf(epoch, root.maxInFlight);
  const slots = new Map(newest.map(({ slot, looksLikeSeal }) => [slot, looksLikeSeal]));
  let slot = Math.max(base, (newest[0]?.slot ?? 0) - root.maxInFlight + 1);
  let isSealed = false;
  for (; slots.has(slot); slot++) {
    if (slots.get(slot) !== true) continue;
    isSealed = (await source.header({ epoch, slot }))?.kind === 'seal';
    if (isSealed) break;
  }
  const above = new Set([...slots.keys()].filter((n) => n > slot && slots.get(n) === false));
  return { epoch, slot, isSealed, above };
}
