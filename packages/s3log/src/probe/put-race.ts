import type { LogKeys } from '../keys/log-keys.ts';
import { freshNonce } from '../runtime/entropy.ts';
import { failed, type Requests } from '../store/requests.ts';
import { isWorthRepeating, kindOf } from '../store/store-error.ts';
import { unsupported } from './unsupported.ts';

const RACERS = 8;
/** So many racers must have an answer: of fewer, one winner says nothing. */
const LEAST_ANSWERS = 4;

/**
 * Tries whether a store gives `putIfAbsent`: of several puts at once on a fresh key exactly one may succeed, of a
 * later one none, and what is stored must stay the winner's. Answers may be lost, and a put that was repeated on its
 * way may be told that its own object is there: so it is what is stored that tells who won. Says nothing about a
 * store's failures.
 * @throws LogError `ERR_LOG_UNSUPPORTED_STORE`; `ERR_LOG_FAILED` if too many answers were lost to tell.
 */
export async function probePuts(requests: Requests, keys: LogKeys): Promise<void> {
  const deadline = requests.deadline();
  const backoff = requests.backoff();
  for (;;) {
    const key = keys.probe(freshNonce(requests.entropy));
    let doubt: unknown;
    try {
      doubt = (await race(requests, key)) ?? (await comeLate(requests, key));
    } finally {
      await requests.delete([key]).catch(() => undefined);
    }
    if (doubt === undefined) return;
    if (requests.isOver(deadline)) throw failed('probe of the store', doubt);
    await backoff.wait();
  }
}

/** One race for a fresh key. @returns the error that leaves its outcome in doubt; `undefined` if all was right. */
async function race(requests: Requests, key: string): Promise<unknown> {
  const bodies = Array.from({ length: RACERS }, (_, i) => Buffer.from(`${key} ${i}`));
  const outcomes = await Promise.all(bodies.map((body) => outcomeOf(requests, key, body)));
  const winners = bodies.filter((_, i) => outcomes[i] === 'created');
  if (winners.length > 1) throw unsupported(`let ${winners.length} of ${RACERS} racers win`);
  const lost = outcomes.flatMap((one) => (typeof one === 'string' ? [] : [one.error]));
  const stored = await requests.get(key);
  const [winner] = winners;
  if (stored === undefined) {
    if (winner !== undefined) throw unsupported('does not show what it has just stored');
    if (lost.length === 0) throw unsupported('refused every put of a fresh key');
    return lost[0];
  }
  const isRacers = (winner === undefined ? bodies : winners).some((body) => body.equals(stored));
  if (!isRacers) throw unsupported('stored what it had refused');
  const unanswered = lost.filter((error) => kindOf(error) !== 'conflict');
  return RACERS - unanswered.length < LEAST_ANSWERS ? unanswered[0] : undefined;
}

/** A put where the race was. @returns the error that leaves its outcome in doubt; `undefined` if all was right. */
async function comeLate(requests: Requests, key: string): Promise<unknown> {
  const late = Buffer.from('late');
  const outcome = await outcomeOf(requests, key, late);
  const stored = await requests.get(key);
  if (outcome === 'created' || stored === undefined || late.equals(stored)) {
    throw unsupported('overwrote an object that it was to create only if absent');
  }
  return outcome === 'exists' ? undefined : outcome.error;
}

/** What a put was told, or the error for which it was not told. */
async function outcomeOf(
  requests: Requests,
  key: string,
  body: Uint8Array,
): Promise<'created' | 'exists' | { readonly error: unknown }> {
  try {
    return await requests.put(key, body);
  } catch (error) {
    if (kindOf(error) === 'unsupported') throw unsupported('does not know If-None-Match', error);
    if (!isWorthRepeating(error)) throw failed('put of a probe', error);
    return { error };
  }
}
