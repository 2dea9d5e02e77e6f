import type { CheckChoice } from './crash-checker.ts';
import { type CrashPlan, checkSeed, showPlan } from './crash-plan.ts';
import { CrashRun, type CrashRunOptions, type FailedCut, type Trial } from './crash-run.ts';
import { simplerPlans } from './simpler-plans.ts';

/** How many power cuts are tried at each moment of a simpler plan: what fails need not fail with the same one. */
const CUTS = 6;
const MAX_RUNS = 600;

/** A run that fails. */
interface Failure {
  readonly plan: CrashPlan;
  /** Without one the run fails whether the power goes or not. */
  readonly cut: FailedCut | undefined;
  readonly message: string;
}

/** The least that was found to fail as a run has failed. */
export interface Shrunk extends Failure {
  /** What the power cuts have undone that must be undone for it. */
  readonly losses: readonly string[];
  /** How many runs it took to find it. */
  readonly runs: number;
}

/** Looks for less that fails: fewer operations, an earlier cut, fewer changes undone by it. */
export class Shrinker {
  readonly #seed: number;
  readonly #options: CrashRunOptions;
  readonly #maxRuns: number;
  #runs = 0;

  constructor(seed: number, options: CrashRunOptions, maxRuns: number = MAX_RUNS) {
    this.#maxRuns = maxRuns;
    this.#seed = seed;
    this.#options = options;
  }

  /** `undefined` if the run does not fail a second time: then it depends on more than its seed. */
  async shrink({ plan, failedCut }: CrashRun): Promise<Shrunk | undefined> {
    const exactly: Trial['cut'] = ({ generation, call }, nth) =>
      nth === 0 && generation === failedCut?.generation && call === failedCut.call
        ? failedCut.choice
        : undefined;
    let best = await this.#failure({ plan, cut: exactly });
    if (best === undefined) return undefined;
    for (;;) {
      const simpler = await this.#simpler(best);
      if (simpler === undefined) break;
      best = simpler;
    }
    return await this.#withFewestLosses(best);
  }

  async #simpler(best: Failure): Promise<Failure | undefined> {
    for (const plan of simplerPlans(best.plan)) {
      if (this.#runs >= this.#maxRuns) return undefined;
      const failure = await this.#failure({ plan, cut: cutsLike(best.cut) });
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  /** What the run fails with; `undefined` if it does not. */
  async #failure(trial: Trial): Promise<Failure | undefined> {
    this.#runs++;
    const run = new CrashRun(this.#seed, this.#options, trial);
    try {
      await run.run();
      return undefined;
    } catch (error) {
      return {
        plan: asFarAs(trial.plan, run),
        cut: run.failedCut,
        message: String(((error as Error).cause as Error | undefined)?.message ?? error),
      };
    }
  }

  /** Keeps one change after the other that the power cut would have undone. */
  async #withFewestLosses(best: Failure): Promise<Shrunk> {
    const { plan, cut } = best;
    const kept = new Set<string>();
    let losses = new Set<string>();
    const fails = async (): Promise<boolean> => {
      const lost = new Set<string>();
      const spares = (loss: string): boolean => {
        if (!kept.has(loss)) lost.add(loss);
        return kept.has(loss);
      };
      const failure = await this.#failure({
        plan,
        cut: (moment, nth) =>
          nth === 0 && cut?.generation === moment.generation && cut.call === moment.call
            ? { ...cut.choice, spares }
            : undefined,
      });
      if (failure !== undefined) losses = lost;
      return failure !== undefined;
    };
    if (cut !== undefined && (await fails())) {
      for (const loss of losses) {
        kept.add(loss);
        if (!(await fails())) kept.delete(loss);
      }
    }
    return { ...best, losses: [...losses], runs: this.#runs };
  }
}

/** At each moment the cut that failed before, and a few others. */
function cutsLike(cut: FailedCut | undefined): Trial['cut'] {
  if (cut === undefined) return () => undefined;
  const { seed, path = [] } = cut.choice;
  return ({ call }, nth): CheckChoice | undefined => {
    if (nth === 0) return { seed, path };
    if (nth >= CUTS) return undefined;
    const other = checkSeed(seed, call, nth);
    return path.length === 0 || nth > 1
      ? { seed: other, path: [] }
      : { seed: other, isNested: true };
  };
}

/** The plan without what comes after the failure, and with the calls that were made to fail. */
function asFarAs(plan: CrashPlan, { faultyCalls, failedCut }: CrashRun): CrashPlan {
  return plan.slice(0, faultyCalls.length).map((generation, i) => ({
    ...generation,
    ...(generation.faultSeed !== undefined && { faultyCalls: faultyCalls[i] as number[] }),
    ...(failedCut?.generation === i && { calls: failedCut.call }),
  }));
}

export function showShrunk({ plan, cut, message, losses, runs }: Shrunk): string {
  const again = (cut?.choice.path ?? []).map(
    (call) => `, and again before call ${call} of the opening`,
  );
  const where =
    cut === undefined
      ? 'fails without a power cut'
      : `the power goes before call ${cut.call} of process ${cut.generation + 1}${again.join('')}`;
  return [
    `--- shrunk in ${runs} runs: ${where}`,
    ...losses.map((loss) => `  undone: ${loss}`),
    showPlan(plan),
    message,
  ].join('\n');
}
