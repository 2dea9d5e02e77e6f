import { afterAll, describe, expect, it } from 'vitest';
import { saveStates } from './counted-states.ts';
import { isRepeating, scale, seedsFrom } from './environment.ts';
import { explore } from './exploration.ts';
import { CRASH_KINDS } from './kinds.ts';
import { showTally } from './tally.ts';

/**
 * Random runs on the simulated disk, until the kinds of a test file have come to their number of distinct
 * states: CRASH_SCALE=100 for more of them, CRASH_SEED=<seed> to repeat one run that failed.
 */
export function describeKinds(file: string): void {
  describe('a log that is cut off at any call', () => {
    const kinds = CRASH_KINDS.filter((kind) => kind.file === file);
    it.each(kinds.map((kind) => [kind.name, kind] as const))(
      '%s',
      { timeout: 10 ** 8 },
      async (_, kind) => {
        const wanted = kind.states * scale;
        const tally = await explore(kind, seedsFrom(), ({ distinct }) => distinct < wanted);
        if (!isRepeating) {
          expect(tally.distinct).toBeGreaterThanOrEqual(wanted);
          saveStates(tally);
        }
        console.log(showTally(tally));
      },
    );
    afterAll(() => saveStates());
  });
}
