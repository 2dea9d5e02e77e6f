import type { InFlight, SimRandom, SimStorage } from '../sim-disk/index.ts';

/** What the system had taken of a killed process's calls it does. */
export function finishSome(
  storage: SimStorage,
  inFlight: readonly InFlight[],
  random: SimRandom,
): void {
  for (const effect of inFlight) {
    if (!random.chance(0.5)) continue;
    try {
      effect(storage);
    } catch {
      // It would have failed.
    }
  }
}
