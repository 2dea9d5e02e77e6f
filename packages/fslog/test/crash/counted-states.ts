import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crashStates } from './crash-states.ts';
import type { Tally } from './tally.ts';

const { CRASH_STATES: directory } = process.env;
const tallies: Tally[] = [];

/** Leaves what this process has explored for `totalOf` of total-states.ts, where a directory is set for it. */
export function saveStates(tally?: Tally): void {
  if (tally !== undefined) tallies.push(tally);
  if (directory === undefined || tallies.length === 0) return;
  const path = join(directory, `${process.pid}`);
  writeFileSync(`${path}.states`, new Uint8Array(crashStates.distinct.held().buffer));
  writeFileSync(`${path}.json`, JSON.stringify(tallies));
}
