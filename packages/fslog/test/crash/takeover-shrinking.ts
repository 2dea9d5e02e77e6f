import { SimRandom } from '@wal/conformance';
import { simplerLives } from './simpler-plans.ts';
import { type PlannedOwner, showTakeovers, type TakeoverPlan } from './takeover-plan.ts';
import { ZombieRun, type ZombieRunOptions } from './zombie-run.ts';

/** With less to do, other power cuts and another order of the calls may be what fails. */
const VARIATIONS = 4;
const MAX_RUNS = 300;

/** The least that was found to fail as a run with stalled owners has failed. */
export interface ShrunkTakeovers {
  readonly plan: TakeoverPlan;
  readonly message: string;
  /** How many runs it took to find it. */
  readonly runs: number;
}

/** Looks for less that fails. `undefined` if the run does not fail a second time. */
export async function shrinkTakeovers(
  seed: number,
  options: ZombieRunOptions,
  { plan }: ZombieRun,
): Promise<ShrunkTakeovers | undefined> {
  let runs = 0;
  const failure = async (tried: TakeoverPlan): Promise<ShrunkTakeovers | undefined> => {
    runs++;
    try {
      await new ZombieRun(seed, options, tried).run();
      return undefined;
    } catch (error) {
      const { cause } = error as Error;
      return { plan: tried, message: cause instanceof Error ? cause.message : String(cause), runs };
    }
  };
  const fails = async (less: TakeoverPlan): Promise<ShrunkTakeovers | undefined> => {
    for (const variation of variations(less)) {
      const found = runs < MAX_RUNS ? await failure(variation) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  };
  let best = await failure(plan);
  let isSimpler = true;
  while (best !== undefined && isSimpler) {
    isSimpler = false;
    // What could not be left out is not tried again until all the rest was.
    for (let i = 0, less = [...simplerTakeovers(best.plan)]; i < less.length; ) {
      const found: ShrunkTakeovers | undefined = await fails(less[i] as TakeoverPlan);
      if (found === undefined) {
        i++;
      } else {
        best = found;
        isSimpler = true;
        less = [...simplerTakeovers(found.plan)];
      }
    }
  }
  return best && { ...best, runs };
}

export function showShrunkTakeovers({ plan, message, runs }: ShrunkTakeovers): string {
  return [`--- shrunk in ${runs} runs:`, showTakeovers(plan), message].join('\n');
}

function* variations(plan: TakeoverPlan): Iterable<TakeoverPlan> {
  yield plan;
  const random = new SimRandom(plan.orderSeed);
  for (let i = 1; i < VARIATIONS; i++) {
    yield { ...plan, orderSeed: random.seed(), cutSeed: random.seed() };
  }
}

/** Plans that take less than this one, those that may leave out most first. */
function* simplerTakeovers(plan: TakeoverPlan): Iterable<TakeoverPlan> {
  const { owners } = plan;
  if (owners.length > 1) {
    for (const i of owners.keys()) yield { ...plan, owners: owners.toSpliced(i, 1) };
  }
  if (plan.options.durability !== 'sync' || !plan.options.preallocate) {
    yield { ...plan, options: { durability: 'sync', preallocate: true } };
  }
  for (const [i, owner] of owners.entries()) {
    for (const less of simplerOwners(owner)) yield { ...plan, owners: owners.with(i, less) };
  }
}

function* simplerOwners(owner: PlannedOwner): Iterable<PlannedOwner> {
  const { life, wakes, closes } = owner;
  for (const i of owner.openers.keys()) yield { ...owner, openers: owner.openers.toSpliced(i, 1) };
  if (wakes !== undefined) yield { ...owner, wakes: undefined };
  if (closes) yield { ...owner, closes: false };
  for (const less of simplerLives(life)) yield { ...owner, life: less };
}
