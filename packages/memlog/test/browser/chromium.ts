import { spawnSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';

/** Debian's package is called so, too. */
const PROGRAM = 'chromium';

const { stdout, error } = spawnSync(PROGRAM, ['--version'], { encoding: 'utf8' });

/** What a test's title says: the version that runs it, or why it is left out. */
export const chromiumNote: string =
  error === undefined ? stdout.trim() : `[skipped: needs ${PROGRAM}]`;
export const isChromiumThere: boolean = error === undefined;
if (!isChromiumThere) console.warn(`the suite in a browser ${chromiumNote}`); // Reporters may leave the titles out.

export function launchChromium(): Promise<Browser> {
  const found = spawnSync('which', [PROGRAM], { encoding: 'utf8' }).stdout.trim();
  // Nothing here is timed: the test's limit is the bound.
  return chromium.launch({ executablePath: found, timeout: 0 });
}
