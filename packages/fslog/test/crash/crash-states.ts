import { DistinctStates } from './distinct-states.ts';

/**
 * What this process has tried so far. A state is what a power cut has left on the disk, all names and all
 * bytes, together with the options that the log is opened with; it counts once, however often it comes up.
 * Random bytes and times repeat from run to run, so no two states differ by these alone.
 */
export const crashStates = {
  /** Power cuts whose outcome was judged. */
  tried: 0,
  /** Together with what may be found in it. */
  distinct: new DistinctStates() as DistinctStates,
  disks: new DistinctStates() as DistinctStates,
};
