import { LogError } from '@wal/core';
import { ChunkSource } from '../chunk/chunk-source.ts';
import type { LogContext } from '../log-context.ts';
import { refuseOtherMetadata, type Settings } from '../options.ts';
import type { LogExtent } from '../read/log-extent.ts';
import { unsettled } from '../root/root-store.ts';
import { DataListing, isOlderThanData, rootIsMissing } from './data-listing.ts';
import { findEpochEnd } from './epoch-end.ts';
import { findLastChunk, hintsOf, nextIdAfter } from './last-chunk.ts';

/**
 * What a log held at one moment. Changes nothing.
 * @throws LogError `ERR_LOG_READ_ONLY` if there is no log; `ERR_LOG_METADATA_MISMATCH`, `ERR_LOG_CORRUPT`,
 * `ERR_LOG_FAILED`
 */
export async function openReader(context: LogContext, settings: Settings): Promise<LogExtent> {
  const { roots, requests, keys } = context;
  const deadline = requests.deadline();
  const backoff = requests.backoff();
  let version = await roots.newestVersion();
  for (;;) {
    if (version === undefined) throw new LogError('ERR_LOG_READ_ONLY', noLog(context));
    const { seen, newest } = await look(context, settings, version);
    if (newest === version && seen !== undefined) {
      if (seen instanceof Error) throw seen;
      return seen;
    }
    if (requests.isOver(deadline)) throw unsettled(keys.roots);
    if (newest === version) await backoff.wait();
    version = newest;
  }
}

function noLog({ keys }: LogContext): string {
  return `there is no log under the prefix ${JSON.stringify(keys.prefix)}, and read-only creates none`;
}

/** What one version shows, and the newest version afterwards: only if that is the same has it counted all the time. */
async function look(
  context: LogContext,
  settings: Settings,
  version: number,
): Promise<{ seen: LogExtent | Error | undefined; newest: number | undefined }> {
  const { roots } = context;
  const [root, listing] = await Promise.all([roots.read(version), DataListing.take(context)]);
  if (root === undefined) return { seen: undefined, newest: await roots.newestVersion() };
  refuseOtherMetadata(settings, root);
  if (isOlderThanData(root, listing)) {
    return { seen: rootIsMissing(context, listing), newest: await roots.newestVersion() };
  }
  const source = new ChunkSource(context, root.uuid);
  const newestEpoch = Math.max(listing.newestEpoch ?? 0, root.chunks.epoch);
  const end = await findEpochEnd(root, listing, source, newestEpoch);
  const isOver = end.isSealed && newestEpoch < root.epoch;
  const tail = isOver
    ? { epoch: newestEpoch + 1, slot: 0 }
    : { epoch: newestEpoch, slot: end.slot };
  const last = await findLastChunk(root, listing, source, [end]).catch((error: Error) => error);
  // Afterwards: whatever was found, or not, says something only if no trim has come in between.
  const newest = await roots.newestVersion();
  if (last instanceof Error) return { seen: last, newest };
  const hints = hintsOf(last, listing, tail.epoch);
  return { seen: { root, tail, nextId: nextIdAfter(root, last), ...hints }, newest };
}
