import { CrashRun } from './crash-run.ts';
import { crashStates } from './crash-states.ts';
import { type CrashKind, runOf } from './kinds.ts';
import { Shrinker, showShrunk } from './shrinking.ts';
import { showShrunkTakeovers, shrinkTakeovers } from './takeover-shrinking.ts';
import type { Tally } from './tally.ts';
import type { ZombieRun } from './zombie-run.ts';

/** Runs one seed after the other, as long as `goesOn` says so of what came of it so far. */
export async function explore(
  kind: CrashKind,
  seeds: Iterable<number>,
  goesOn: (tally: Tally) => boolean,
): Promise<Tally> {
  const before = { ...counts(), cpu: process.cpuUsage() };
  let runs = 0;
  const tally = (): Tally => {
    const { tried, distinct, judged } = counts();
    const { user, system } = process.cpuUsage(before.cpu);
    return {
      name: kind.name,
      runs,
      tried: tried - before.tried,
      distinct: distinct - before.distinct,
      judged: judged - before.judged,
      cpuMs: (user + system) / 1000,
    };
  };
  for (const seed of seeds) {
    if (!goesOn(tally())) break;
    const run = runOf(kind, seed);
    await run.run().catch((error: unknown) => explained(kind, seed, run, error));
    runs++;
  }
  return tally();
}

function counts(): { tried: number; distinct: number; judged: number } {
  const { tried, distinct, judged } = crashStates;
  return { tried, distinct: distinct.count, judged: judged.count };
}

/** Says how to repeat a failure, and the least that fails like it. */
async function explained(
  kind: CrashKind,
  seed: number,
  run: CrashRun | ZombieRun,
  error: unknown,
): Promise<never> {
  const text = [(error as Error).message];
  const shrunk =
    run instanceof CrashRun
      ? await new Shrinker(seed, kind.options ?? {})
          .shrink(run)
          .then((less) => less && showShrunk(less))
      : await shrinkTakeovers(seed, {}, run).then((less) => less && showShrunkTakeovers(less));
  text.push(shrunk ?? '--- it does not fail a second time');
  text.push(`--- again:\n${replayCommand(kind, seed)}`);
  throw new Error(text.join('\n'), { cause: error });
}

export function replayCommand({ file, name }: CrashKind, seed: number): string {
  const test = `packages/fslog/test/crash/${file}.test.ts`;
  return `CRASH_SEED=${seed} npx vitest run ${test} -t '${name}'`;
}
