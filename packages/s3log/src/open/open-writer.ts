import { LogError } from '@wal/core';
import { ChunkSource } from '../chunk/chunk-source.ts';
import type { LogContext } from '../log-context.ts';
import { refuseOtherMetadata, type Settings } from '../options.ts';
import type { LogExtent } from '../read/log-extent.ts';
import { claimedRoot, firstSlot, type Root } from '../root/root.ts';
import { freshNonce } from '../runtime/entropy.ts';
import { createLog } from './create.ts';
import { DataListing, isOlderThanData, rootIsMissing } from './data-listing.ts';
import { type EpochEnd, findEpochEnd } from './epoch-end.ts';
import { findLastChunk, hintsOf, nextIdAfter } from './last-chunk.ts';
import { Rivalry } from './rivalry.ts';
import { type Sealer, sealEpoch } from './sealing.ts';

/** A log that this opening owns: its epoch is empty, and every older one is sealed. */
export type OwnedLog = Omit<LogExtent, 'tail' | 'unsealed'>;

/**
 * Claims the log, creating it if there is none, and seals what former owners wrote to.
 * @throws LogError `ERR_LOG_METADATA_MISMATCH`, `ERR_LOG_CORRUPT`, `ERR_LOG_UNSUPPORTED_STORE`, `ERR_LOG_FAILED`
 */
export async function openWriter(context: LogContext, settings: Settings): Promise<OwnedLog> {
  const { roots, requests } = context;
  const deadline = requests.deadline();
  const rivalry = new Rivalry(requests);
  for (;;) {
    const version = await roots.newestVersion();
    const owned =
      version === undefined
        ? await createLog(context, settings)
        : await claimLog(context, settings, version);
    if (owned !== undefined) return owned;
    if (requests.isOver(deadline)) {
      throw new LogError('ERR_LOG_FAILED', 'other openers of this log were always quicker');
    }
    await rivalry.wait();
  }
}

/** @returns `undefined` if another opener was quicker. */
async function claimLog(
  context: LogContext,
  settings: Settings,
  version: number,
): Promise<OwnedLog | undefined> {
  const { roots, requests } = context;
  const [root, listing] = await Promise.all([roots.read(version), DataListing.take(context)]);
  if (root === undefined) return undefined;
  refuseOtherMetadata(settings, root);
  if (isOlderThanData(root, listing)) {
    // Another owner was quicker, unless nothing newer is there: then not even a claim may be put, for what is missing
    // can be put back only where nothing is.
    if (await roots.isNewest(root)) throw rootIsMissing(context, listing);
    return undefined;
  }
  const claim = claimedRoot(root, freshNonce(requests.entropy));
  if ((await roots.propose(claim)) !== 'candidate') return undefined;
  let found: Omit<OwnedLog, 'root'>;
  try {
    found = await sealAll(context, root, claim, listing);
  } catch (error) {
    // What is missing from a log that a newer owner has trimmed is no damage.
    if (await roots.isNewest(claim)) throw error;
    return undefined;
  }
  // Overtaken since, it has owned the log all the same, and is fenced: to claim the log once more would take it from
  // the opener that came later, and many at once would do that to each other for ever.
  return (await roots.hasCounted(claim)) ? { root: claim, ...found } : undefined;
}

/** Seals every epoch of `root` that may lack a seal. @returns how far the log reaches. */
async function sealAll(
  context: LogContext,
  root: Root,
  claim: Root,
  listing: DataListing,
): Promise<Omit<OwnedLog, 'root'>> {
  const source = new ChunkSource(context, root.uuid);
  const sealer: Sealer = { context, source, claim };
  // Nothing is written to an epoch, not even its seal, before all older ones are sealed.
  const newest = Math.max(listing.newestEpoch ?? 0, root.chunks.epoch);
  const found = await findEpochEnd(root, listing, source, newest);
  const last =
    found.slot > firstSlot(root, newest) ? { epoch: newest, slot: found.slot - 1 } : undefined;
  const [header, sealed] = await Promise.all([
    last && source.header(last),
    sealEpoch(sealer, found),
  ]);
  const ends: EpochEnd[] = [sealed.slot === found.slot ? { ...sealed, last: header } : sealed];
  for (let epoch = newest + 1; epoch <= root.epoch; epoch++) {
    const empty = { epoch, slot: 0, isSealed: false, above: new Set<number>() };
    ends.push(await sealEpoch(sealer, empty));
  }
  const lastChunk = await findLastChunk(root, listing, source, ends);
  return { nextId: nextIdAfter(root, lastChunk), ...hintsOf(lastChunk, listing, claim.epoch) };
}
