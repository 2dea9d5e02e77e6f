import type { InFlight, SimRandom, SimStorage } from '../sim-disk/index.ts';

/** Completes some of a killed process's calls in flight, as the kernel may. */
export function finishSome(
  storage: SimStorage,
  inFlight: readonly InFlight[],
  random: SimRandom,
): void {
  for (const effect of inFlight) {
    if (!random.chance(0.5)) continue;
    try {
      effect(storage, random);
    } catch {
      // It would have failed.
    }
  }
}
