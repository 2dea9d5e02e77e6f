import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { showTally } from './tally.ts';
import { totalOf } from './total-states.ts';

/**
 * For vitest's `globalSetup`: adds up the crash states of all test files, and prints them at the end. Imports no
 * package: to this file alone vitest does not give the condition that resolves them to their sources.
 */
export function setup(): () => void {
  const directory = mkdtempSync(join(tmpdir(), 'crash-states-'));
  Object.assign(process.env, { CRASH_STATES: directory });
  return () => {
    const { tallies, total, isTooLittle } = totalOf(directory);
    rmSync(directory, { recursive: true, force: true });
    if (tallies.length === 0) return;
    console.log([...tallies, total].map(showTally).join('\n'));
    if (isTooLittle) throw new Error(`${total.distinct} distinct crash states are too few`);
  };
}
