import { corrupt } from '../chunk/object-header.ts';
import type { LogContext } from '../log-context.ts';
import type { Settings } from '../options.ts';
import { MOST_IN_FLIGHT } from '../options.ts';
import { probePuts } from '../probe/put-race.ts';
import { createdRoot } from '../root/root.ts';
import { freshNonce } from '../runtime/entropy.ts';
import { DataListing } from './data-listing.ts';
import type { OwnedLog } from './open-writer.ts';

/**
 * Creates a log where there is none.
 * @returns `undefined` if another opener was quicker.
 * @throws LogError `ERR_LOG_UNSUPPORTED_STORE`; `ERR_LOG_CORRUPT` where there is data without a root
 */
export async function createLog(
  context: LogContext,
  settings: Settings,
): Promise<OwnedLog | undefined> {
  const { roots, requests, keys } = context;
  const [listing, [segment]] = await Promise.all([
    DataListing.take(context),
    requests.list(keys.segments, { limit: 1 }),
  ]);
  // All of a log may be in segments: then there are neither chunks nor, before it is opened again, seals.
  if (!listing.isEmpty || segment !== undefined) {
    // Another opener may have created the log and appended to it since the look for a root.
    if ((await roots.newestVersion()) !== undefined) return undefined;
    throw corrupt(keys.roots, 'is empty, and there is data: the root versions were deleted');
  }
  await probePuts(requests, keys);
  const given = {
    nonce: freshNonce(requests.entropy),
    uuid: freshNonce(requests.entropy),
    maxInFlight: MOST_IN_FLIGHT,
    metadata: settings.metadata ?? new Uint8Array(0),
  };
  const root = createdRoot(given, settings.firstId);
  if ((await roots.propose(root)) !== 'candidate') return undefined;
  return (await roots.hasCounted(root)) ? { root, nextId: settings.firstId } : undefined;
}
