import type { LogKeys } from '../keys/log-keys.ts';
import { freshNonce } from '../runtime/entropy.ts';
import type { Requests } from '../store/requests.ts';
import { unsupported } from './unsupported.ts';

/** So many keys are not in order by chance: once in 40,000 times. */
const KEYS = 8;
const FROM = 3;

/**
 * Tries whether a store lists keys in order and from a key on, as soon as they are put.
 * @throws LogError `ERR_LOG_UNSUPPORTED_STORE`, `ERR_LOG_FAILED`
 */
export async function probeListing(requests: Requests, keys: LogKeys): Promise<void> {
  const folder = keys.probe(freshNonce(requests.entropy));
  const sorted = Array.from({ length: KEYS }, (_, i) => `${folder}/${i}`);
  try {
    await Promise.all(sorted.toReversed().map((key) => requests.putFresh(key, Buffer.from(key))));
    const all = await listed(requests, `${folder}/`);
    if (all.length < KEYS) throw unsupported('does not list what it has just stored');
    if (!isSame(all, sorted)) throw unsupported('does not list keys in order');
    const rest = await listed(requests, `${folder}/`, sorted[FROM]);
    if (!isSame(rest, sorted.slice(FROM + 1))) throw unsupported('does not list from a key on');
  } finally {
    await requests.delete(sorted).catch(() => undefined);
  }
}

async function listed(
  requests: Requests,
  prefix: string,
  startAfter?: string,
): Promise<readonly string[]> {
  return (await requests.list(prefix, { startAfter })).map(({ key }) => key);
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((key, i) => key === b[i]);
}
