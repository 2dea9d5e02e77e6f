import { DistinctStates } from './distinct-states.ts';

/**
 * What this process has tried so far. A state is what a power cut has left on the disk, all names and all
 * bytes, together with the options that the log is opened with; it counts once, however often it comes up.
 * Random bytes and times repeat from run to run, so no two states differ by these alone.
 */
export const crashStates = {
  /** Power cuts whose outcome was judged. */
  tried: 0,
  distinct: new DistinctStates() as DistinctStates,
  /** Each together with what may be found in it: as long as there are new ones, more cuts are tried. */
  judged: new DistinctStates() as DistinctStates,
};
