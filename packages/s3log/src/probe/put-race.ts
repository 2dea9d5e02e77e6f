import type { LogKeys } from '../keys/log-keys.ts';
import { freshNonce } from '../runtime/entropy.ts';
import { failed, type Requests } from '../store/requests.ts';
import { isWorthRepeating, kindOf } from '../store/store-error.ts';
import { unsupported } from './unsupported.ts';

const RACERS = 8;
const ROUNDS = 5;

/**
 * Tries whether a store gives `putIfAbsent`: of several puts at once on a fresh key exactly one may succeed, of a
 * later one none, and what is stored must be the winner's. Says nothing about a store's failures.
 * @throws LogError `ERR_LOG_UNSUPPORTED_STORE`; `ERR_LOG_FAILED` if too many answers were lost to tell.
 */
export async function probePuts(requests: Requests, keys: LogKeys): Promise<void> {
  const backoff = requests.backoff();
  let doubt: unknown;
  for (let round = 0; round < ROUNDS; round++) {
    const key = keys.probe(freshNonce(requests.entropy));
    try {
      doubt = await race(requests, key);
    } finally {
      await requests.delete([key]).catch(() => undefined);
    }
    if (doubt === undefined) return;
    await backoff.wait();
  }
  throw failed('probe of the store', doubt);
}

/** One race for a fresh key. @returns the error that leaves its outcome in doubt; `undefined` if all was right. */
async function race(requests: Requests, key: string): Promise<unknown> {
  const bodies = Array.from({ length: RACERS }, (_, i) => Buffer.from(`${key} ${i}`));
  const outcomes = await Promise.allSettled(bodies.map((body) => requests.put(key, body)));
  const lost = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  for (const error of lost) {
    if (kindOf(error) === 'unsupported') throw unsupported('does not know If-None-Match', error);
    if (!isWorthRepeating(error)) throw failed('put of a probe', error);
  }
  const winners = bodies.filter((_, i) => isCreated(outcomes[i]));
  if (winners.length > 1) throw unsupported(`let ${winners.length} of ${RACERS} racers win`);
  if (lost.length > 0) return lost[0];
  const [winner] = winners;
  if (winner === undefined) throw unsupported('refused every put of a fresh key');
  const stored = await requests.get(key);
  if (stored === undefined) throw unsupported('does not show what it has just stored');
  if (Buffer.compare(stored, winner) !== 0) throw unsupported('stored what it had refused');
  try {
    if ((await requests.put(key, Buffer.from('late'))) === 'exists') return undefined;
  } catch (error) {
    return error;
  }
  throw unsupported('overwrote an object that it was to create only if absent');
}

function isCreated(outcome: PromiseSettledResult<string> | undefined): boolean {
  return outcome?.status === 'fulfilled' && outcome.value === 'created';
}
