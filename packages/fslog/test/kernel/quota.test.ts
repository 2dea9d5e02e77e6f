import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compileForProcesses } from '../support/compiled-sources.ts';
import { Mount } from './mounts.ts';
import { run, skipNote, whyNoMount } from './programs.ts';
import type { Outcome } from './victim-calls.ts';
import { WorkingLog } from './working-log.ts';

const MIB = 1_048_576;
const reason = whyNoMount('losetup', 'mkfs.btrfs', 'btrfs');
/** Node has no name for EDQUOT. */
const QUOTA_EXCEEDED = -122;

compileForProcesses();

async function appendUntilRefused(log: WorkingLog): Promise<Outcome> {
  for (let i = 0; i < 100; i++) {
    const outcome = await log.append(40_000, 10);
    if (outcome.code !== undefined) return outcome;
  }
  throw new Error('the quota never came to be used up');
}

describe.skipIf(reason !== undefined)(`a quota of btrfs${skipNote(reason)}`, () => {
  test('APPEND-8 is want of space, whatever Node calls it, and ends when there is more', async () => {
    const mount = await Mount.made(256 * MIB, 'mkfs.btrfs', '-q');
    const volume = join(mount.path, 'volume');
    run('btrfs', 'quota', 'enable', mount.path);
    run('btrfs', 'subvolume', 'create', volume);
    const limit = (mib: number): string => run('btrfs', 'qgroup', 'limit', `${mib}M`, volume);
    limit(2);
    const log = new WorkingLog(join(volume, 'log'));
    const options = { preallocate: false, segmentBytes: 262_144 };
    await log.start();
    await log.open({ options });
    const codes: unknown[] = [];
    for (const mib of [3, 4]) {
      const { code, errnos } = await appendUntilRefused(log);
      codes.push(code);
      // Overwriting needs space too, where nothing is written in place: what a short write left may have to stay.
      expect(['ERR_LOG_NO_SPACE', 'ERR_LOG_OUTCOME_UNKNOWN']).toContain(code);
      expect(errnos).toContain(QUOTA_EXCEEDED);
      await log.run({ call: 'read' });
      limit(mib);
      if (code !== 'ERR_LOG_NO_SPACE') {
        await log.end();
        await log.start();
        expect(await log.open({ options })).not.toHaveProperty('code');
      }
      expect(await log.append(40_000)).not.toHaveProperty('code');
    }
    for (let i = 0; i < 100; i++) await log.append(40_000);
    await log.kill();
    // A copy-on-write file system needs space for what is written in place too.
    await log.start();
    const { code } = await log.open({ options });
    expect([undefined, 'ERR_LOG_NO_SPACE']).toContain(code);
    console.log(`at the limit: ${codes.join(', ')}; opening: ${code ?? 'well'}`);
    await log.kill();
    limit(16);
    await log.check('with a higher limit');
  });
});
