import { sleep } from '../runtime/clock.ts';
import type { Requests } from '../store/requests.ts';

/** A window of waits holds so many claims at first. */
const FIRST_CLAIMS = 8;
/** So many windows at least fit into the time in which an opener gives up. */
const LEAST_WINDOWS = 6;

/**
 * The waits of an opener that lost to others. Of many at once one gets each root version, so they get them one after
 * the other: each waits for a moment at random, in a window that holds some claims of the length that its own had,
 * and twice as many each time. Then few meet, however many they are and however slow the store.
 */
export class Rivalry {
  readonly #requests: Requests;
  #claims = FIRST_CLAIMS;
  #startMs: number;

  constructor(requests: Requests) {
    this.#requests = requests;
    this.#startMs = requests.elapsedMs();
  }

  /** Waits, after a claim that was lost. */
  async wait(): Promise<void> {
    const { clock, entropy, limits } = this.#requests;
    const claimMs = Math.max(1, this.#requests.elapsedMs() - this.#startMs);
    const windowMs = Math.min(claimMs * this.#claims, limits.giveUpAfterMs / LEAST_WINDOWS);
    this.#claims *= 2;
    await sleep(clock, entropy.fraction() * windowMs);
    this.#startMs = this.#requests.elapsedMs();
  }
}
