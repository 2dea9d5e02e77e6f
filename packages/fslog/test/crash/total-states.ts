import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DistinctStates } from './distinct-states.ts';
import type { Tally } from './tally.ts';

/** An ordinary run of all kinds looks at so many different states, at least. */
const LEAST_STATES = 1_000_000;

/** What one process has explored. */
export interface Tallied {
  readonly tallies: readonly Tally[];
  /** How many kinds there are, in all processes. */
  readonly kinds: number;
  /** Whether it has explored as much as an ordinary run does, or more. */
  readonly isWhole: boolean;
}

/** What several processes have explored together: a state that two of them met counts once. */
export function totalOf(path: string): { tallies: Tally[]; total: Tally; isTooLittle: boolean } {
  const processes: Tallied[] = [];
  const distinct = new DistinctStates();
  for (const name of readdirSync(path).sort()) {
    const file = readFileSync(join(path, name));
    if (name.endsWith('.json')) processes.push(JSON.parse(file.toString()) as Tallied);
    else for (const key of new Float64Array(new Uint8Array(file).buffer)) distinct.add(key);
  }
  const found = processes.flatMap(({ tallies }) => tallies);
  const isOrdinary = processes.every(({ isWhole, kinds }) => isWhole && kinds === found.length);
  const sum = (of: (tally: Tally) => number): number => found.reduce((n, t) => n + of(t), 0);
  return {
    tallies: found,
    isTooLittle: isOrdinary && distinct.count < LEAST_STATES,
    total: {
      name: 'all together',
      runs: sum(({ runs }) => runs),
      tried: sum(({ tried }) => tried),
      distinct: distinct.count,
      judged: sum(({ judged }) => judged),
      cpuMs: sum(({ cpuMs }) => cpuMs),
    },
  };
}
