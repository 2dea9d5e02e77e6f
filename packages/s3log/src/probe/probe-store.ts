import { LogKeys } from '../keys/log-keys.ts';
import { checkLogOptions, type LogOptions } from '../options.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { Requests } from '../store/requests.ts';
import { probeListing } from './listing-order.ts';
import { probePuts } from './put-race.ts';

/** Options of a probe, as those of a log. */
export type ProbeOptions = Pick<
  LogOptions,
  'prefix' | 'requestTimeoutMs' | 'giveUpAfterMs' | 'clock' | 'entropy'
>;

/**
 * Tries whether a store gives what a log needs: that of puts which race for a key one wins, and that a listing shows
 * what was just put, in order. It takes some 25 requests, under `{prefix}probe/`, and deletes what it has put; the
 * first opening of a log tries the puts by itself. It says nothing about what a store does when it fails itself.
 * @throws LogError `ERR_LOG_UNSUPPORTED_STORE`, whose message says what is wrong; `ERR_LOG_FAILED` where a request was
 * refused, or too many answers were lost to tell; `ERR_LOG_INVALID_ARGUMENT`
 */
export async function probeStore(store: ObjectStore, options: ProbeOptions = {}): Promise<void> {
  const { prefix, clock, entropy, times } = checkLogOptions(store, options);
  const requests = new Requests(store, clock, entropy, times);
  const keys = new LogKeys(prefix);
  await probePuts(requests, keys);
  await probeListing(requests, keys);
}
