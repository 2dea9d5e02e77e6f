import { describe, expect, test } from 'vitest';
import { compileForProcesses } from '../support/compiled-sources.ts';
import type { ExplorationReport } from './exploration.ts';
import { explore, whyNoPowerCuts } from './explore.ts';
import type { FileSystemName } from './file-systems.ts';
import { PLANTED_BUGS } from './planted-bug-disk.ts';

const { POWER_CUTS, POWER_CUTS_XFS, POWER_CUTS_SEED, POWER_CUTS_KEEP } = process.env;
/** States to look at: `POWER_CUTS=100000 npx vitest run …` for more. */
const EXT4 = Number(POWER_CUTS ?? 520);
/** Of xfs they take longer. */
const XFS = Number(POWER_CUTS_XFS ?? Math.max(24, Math.ceil(EXT4 / 50)));
/** What to replay: the calls are the same, what reaches the device when is not. */
const SEED = Number(POWER_CUTS_SEED ?? Math.floor(Math.random() * 1e6));
/** A directory for the devices that a log was not recovered from: images, to mount and to open. */
const KEEP = POWER_CUTS_KEEP;

compileForProcesses();

function show(what: string, seconds: number, report: ExplorationReport): void {
  const { violations, ...counts } = report;
  const text = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  console.log(`${what}, seed ${SEED}, ${seconds.toFixed(1)} s: ${text.join(', ')}`);
  for (const violation of violations) console.log(`  ${violation}`);
}

const reasons = { ext4: whyNoPowerCuts('ext4'), xfs: whyNoPowerCuts('xfs') };
for (const [fileSystem, reason] of Object.entries(reasons)) {
  if (reason !== undefined) console.warn(`power cuts on ${fileSystem} [skipped: ${reason}]`);
}

function titleOf(title: string, fileSystem: FileSystemName): [string, string | undefined] {
  const reason = reasons[fileSystem];
  return [reason === undefined ? title : `${title} [skipped: ${reason}]`, reason];
}

describe('CRASH-1 CRASH-2 power cuts, by what a block device kept', () => {
  for (const [fileSystem, states, statesARecording] of [
    ['ext4', EXT4, 40],
    ['xfs', XFS, 12],
  ] as const) {
    const [title, reason] = titleOf(`${states} states of ${fileSystem}, seed ${SEED}`, fileSystem);
    test.skipIf(reason !== undefined)(
      title,
      async () => {
        const start = performance.now();
        const task = {
          fileSystem,
          states,
          statesARecording,
          seed: SEED,
          bug: undefined,
          keep: KEEP,
        };
        const report = await explore(task);
        show(fileSystem, (performance.now() - start) / 1000, report);
        expect(report.violations).toEqual([]);
        expect(report.states).toBe(states);
        // Not only what was flushed, and not only whole blocks.
        expect(report.partial).toBeGreaterThan(0);
        if (fileSystem === 'ext4') expect(report.torn).toBeGreaterThan(0);
      },
      120_000 + states * 1000,
    );
  }

  for (const bug of PLANTED_BUGS) {
    const [title, reason] = titleOf(`a log that ${bug} is convicted, seed ${SEED}`, 'ext4');
    test.skipIf(reason !== undefined)(
      title,
      async () => {
        const start = performance.now();
        const task = {
          fileSystem: 'ext4',
          states: 400,
          statesARecording: 40,
          seed: SEED,
          bug,
          keep: undefined,
        } as const;
        const report = await explore(task);
        show(bug, (performance.now() - start) / 1000, report);
        expect(report.violations).not.toEqual([]);
      },
      300_000,
    );
  }
});
