import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DistinctStates } from './distinct-states.ts';
import type { Tally } from './tally.ts';

/** What several processes have explored together: a state that two of them met counts once. */
export function totalOf(path: string): { tallies: Tally[]; total: Tally } {
  const found: Tally[] = [];
  const distinct = new DistinctStates();
  for (const name of readdirSync(path).sort()) {
    const file = readFileSync(join(path, name));
    if (name.endsWith('.json')) found.push(...(JSON.parse(file.toString()) as Tally[]));
    else for (const key of new Float64Array(new Uint8Array(file).buffer)) distinct.add(key);
  }
  const sum = (of: (tally: Tally) => number): number => found.reduce((n, t) => n + of(t), 0);
  return {
    tallies: found,
    total: {
      name: 'all together',
      runs: sum(({ runs }) => runs),
      tried: sum(({ tried }) => tried),
      distinct: distinct.count,
      disks: sum(({ disks }) => disks),
      cpuMs: sum(({ cpuMs }) => cpuMs),
    },
  };
}
