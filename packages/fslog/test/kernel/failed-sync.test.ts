import { describe, expect, test } from 'vitest';
import { compileForProcesses } from '../support/compiled-sources.ts';
import { FILE_SYSTEMS, type FileSystem, logOnDevice } from './failing-device.ts';
import { skipNote, whyNoMount } from './programs.ts';
import type { Outcome, PlantedBug } from './victim-calls.ts';

compileForProcesses();

interface HowToLose {
  readonly preallocate?: boolean;
  readonly bug?: PlantedBug;
  /** Whether the write that fails comes right behind another, so that it is one call that writes and syncs. */
  readonly isThrough?: boolean;
  /** Whether the log is opened again before what memory held is gone. */
  readonly isReopened?: boolean;
}

/** Lets a log's device fail under it, then heal; the log is killed, and what memory held is gone. */
async function loseDevice(fileSystem: FileSystem, how: HowToLose = {}) {
  const { device, mountAnew, log } = await logOnDevice(fileSystem);
  const { preallocate = false, bug, isThrough = false, isReopened = false } = how;
  await log.start();
  await log.open({ options: { preallocate }, ...(bug && { bug }) });
  for (let i = 0; i < 5; i++) await log.append(5000, 10);
  // Left alone it marks its last records, and does not sync that: the next append is a write and a sync, two calls. A
  // truncate of nothing waits for it.
  await log.run({ call: 'pause', ms: 20 });
  await log.run({ call: 'truncate', lastToKeep: 1000 });
  device.break();
  const rejected: Outcome[] = [];
  if (isThrough) {
    // The first fits where the mark of a log left alone is, and clears the way for a write through. The sync keeps the
    // two apart, and has nothing to do.
    const [small, , large] = await log.run(
      { call: 'append', seed: 1001, sizes: [10] },
      { call: 'sync' },
      { call: 'append', seed: 1002, sizes: [100_000] },
    );
    expect(small).not.toHaveProperty('code');
    rejected.push(large as Outcome);
  }
  for (let i = 0; i < 12; i++) {
    const outcome = await log.append(100_000);
    if (outcome.code !== undefined) rejected.push(outcome);
  }
  await log.run({ call: 'read' });
  device.heal();
  // A handle that has seen it fail does not trust it any more, whatever it says now.
  rejected.push(await log.append(100));
  await log.kill();
  if (isReopened) {
    await log.start();
    expect(await log.open()).not.toHaveProperty('code');
    // What it finds now it must find for good: CRASH-2.
    expect(await log.run({ call: 'read' })).toMatchObject([{ value: {} }]);
    expect(await log.append(100)).not.toHaveProperty('code');
    await log.kill();
  }
  await mountAnew();
  return { log, rejected };
}

for (const fileSystem of FILE_SYSTEMS) {
  const reason = whyNoMount('losetup', fileSystem.program);
  describe.skipIf(reason !== undefined)(
    `a sync that fails on ${fileSystem.name}${skipNote(reason)}`,
    () => {
      test('APPEND-8 CRASH-1 unknown, then failed, and nothing acknowledged is lost', async () => {
        const { log, rejected } = await loseDevice(fileSystem);
        console.log(`${fileSystem.name}: ${rejected[0]?.message}`);
        expect(rejected[0]?.code).toBe('ERR_LOG_OUTCOME_UNKNOWN');
        expect(rejected[0]?.message).toMatch(/fdatasync/);
        expect(rejected.length).toBeGreaterThan(1);
        for (const { code } of rejected.slice(1)) expect(code).toBe('ERR_LOG_FAILED');
        await log.check('mounted anew');
      });

      test('APPEND-8 CRASH-1 the same, of one call that writes and syncs', async () => {
        const { log, rejected } = await loseDevice(fileSystem, { isThrough: true });
        expect(rejected[0]?.code).toBe('ERR_LOG_OUTCOME_UNKNOWN');
        expect(rejected[0]?.message).toMatch(/, write$/);
        for (const { code } of rejected.slice(1)) expect(code).toBe('ERR_LOG_FAILED');
        await log.check('mounted anew');
      });

      test('APPEND-8 CRASH-1 beside preallocation', async () => {
        const { log, rejected } = await loseDevice(fileSystem, { preallocate: true });
        expect(['ERR_LOG_OUTCOME_UNKNOWN', 'ERR_LOG_FAILED']).toContain(rejected[0]?.code);
        for (const { code } of rejected.slice(1)) expect(code).toBe('ERR_LOG_FAILED');
        await log.check('mounted anew');
      });

      for (const preallocate of [false, true]) {
        const how = preallocate ? ', with preallocation' : '';
        test(`CRASH-2 opened again from memory that the device never got${how}`, async () => {
          const { log } = await loseDevice(fileSystem, { isReopened: true, preallocate });
          await log.check('mounted anew');
        });
      }

      for (const bug of ['ignores failed syncs', 'tries a failed sync again'] as const) {
        test(`a log that ${bug} is convicted`, async () => {
          const { log } = await loseDevice(fileSystem, { bug });
          const verdict = await log.check('mounted anew').catch((error: unknown) => error);
          console.log(`${fileSystem.name}, a log that ${bug}: ${verdict}`);
          expect(String(verdict)).toMatch(/found .* which is none of|not what was acknowledged/);
        });
      }
    },
  );
}
