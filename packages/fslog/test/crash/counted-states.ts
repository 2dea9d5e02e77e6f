import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crashStates } from './crash-states.ts';
import { DistinctStates } from './distinct-states.ts';
import type { Tally } from './exploration.ts';

const { CRASH_STATES: directory } = process.env;
const tallies: Tally[] = [];

/** Leaves what this process has explored for `totalOf`, where a directory is set for it. */
export function saveStates(tally?: Tally): void {
  if (tally !== undefined) tallies.push(tally);
  if (directory === undefined || tallies.length === 0) return;
  const path = join(directory, `${process.pid}`);
  writeFileSync(`${path}.states`, new Uint8Array(crashStates.distinct.held().buffer));
  writeFileSync(`${path}.json`, JSON.stringify(tallies));
}

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
