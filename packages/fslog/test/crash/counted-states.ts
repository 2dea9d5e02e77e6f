import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crashStates } from './crash-states.ts';
import { scale } from './environment.ts';
import { CRASH_KINDS } from './kinds.ts';
import type { Tally } from './tally.ts';
import type { Tallied } from './total-states.ts';

const { CRASH_STATES: directory } = process.env;
const tallies: Tally[] = [];

/** Leaves what this process has explored for `totalOf` of total-states.ts, where a directory is set for it. */
export function saveStates(tally?: Tally): void {
  if (tally !== undefined) tallies.push(tally);
  if (directory === undefined || tallies.length === 0) return;
  const path = join(directory, `${process.pid}`);
  writeFileSync(`${path}.states`, new Uint8Array(crashStates.distinct.held().buffer));
  const tallied: Tallied = { tallies, kinds: CRASH_KINDS.length, isWhole: scale >= 1 };
  writeFileSync(`${path}.json`, JSON.stringify(tallied));
}
