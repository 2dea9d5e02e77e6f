import { crashStates } from './crash-states.ts';
import { DistinctStates } from './distinct-states.ts';
import { explore } from './exploration.ts';
import { CRASH_KINDS } from './kinds.ts';
import type { Tally } from './tally.ts';

/** Seeds of one kind to run: `count` of them from `from`. */
export interface Job {
  readonly kind: number;
  readonly from: number;
  readonly count: number;
}

/** What a job came to. */
export interface JobResult {
  readonly tally?: Tally;
  /** The fingerprints of the states, each once. */
  readonly states?: Float64Array;
  readonly failure?: string;
}

/** A process of scripts/nightly-crash.js: does one job after the other. */
async function work({ kind, from, count }: Job): Promise<JobResult> {
  const explored = CRASH_KINDS[kind];
  if (explored === undefined) throw new Error(`there is no kind ${kind}`);
  crashStates.judged = new DistinctStates();
  crashStates.distinct = new DistinctStates();
  const seeds = Array.from({ length: count }, (_, i) => from + i);
  try {
    const tally = await explore(explored, seeds, () => true);
    return { tally, states: crashStates.distinct.held() };
  } catch (error) {
    return { failure: (error as Error).message };
  }
}

process.on('message', (job: Job) => {
  void work(job).then((result) => process.send?.(result));
});
// Ctrl-C reaches every process of a terminal: the job under way is still ended.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
