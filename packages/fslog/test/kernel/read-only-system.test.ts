import { describe, expect, test } from 'vitest';
import { compileForProcesses } from '../support/compiled-sources.ts';
import { EXT4_READ_ONLY_ON_ERROR, logOnDevice } from './failing-device.ts';
import { skipNote, whyNoMount } from './programs.ts';

const READ_ONLY = -30;
const reason = whyNoMount('losetup', 'mkfs.ext4');

compileForProcesses();

describe.skipIf(reason !== undefined)(`ext4 that is read-only${skipNote(reason)}`, () => {
  test('APPEND-8 CRASH-1 since it found damage under an open log, and for the next one', async () => {
    const { device, mountAnew, log } = await logOnDevice(EXT4_READ_ONLY_ON_ERROR);
    await log.start();
    await log.open();
    for (let i = 0; i < 5; i++) await log.append(5000, 10);
    device.findDamage();
    const { code, errnos } = await log.append(30_000);
    expect(['ERR_LOG_FAILED', 'ERR_LOG_OUTCOME_UNKNOWN']).toContain(code);
    expect(errnos).toContain(READ_ONLY);
    for (const call of [{ call: 'roll' }, { call: 'truncate', lastToKeep: 3 }] as const) {
      expect(await log.run(call)).toMatchObject([{ code: 'ERR_LOG_FAILED' }]);
    }
    expect(await log.run({ call: 'read' })).toMatchObject([{ value: {} }]);
    await log.kill();
    await log.start();
    expect((await log.open()).code).toBe('ERR_LOG_READ_ONLY');
    expect(await log.open({ options: { readOnly: true } })).not.toHaveProperty('code');
    expect(await log.run({ call: 'read' })).toMatchObject([{ value: {} }]);
    await log.end();
    await mountAnew();
    await log.check('mounted anew');
  });

  test('OPEN-4 remounted so: a reader reads on, a writer is refused until it is not', async () => {
    const { device, log } = await logOnDevice(EXT4_READ_ONLY_ON_ERROR);
    await log.start();
    await log.open();
    await log.append(100, 200);
    // Nobody can take it from a writer.
    expect(() => device.remount('ro')).toThrow(/busy/);
    await log.append(300);
    await log.run({ call: 'close' });
    device.remount('ro');
    expect(await log.open()).toMatchObject({ code: 'ERR_LOG_READ_ONLY', errnos: [READ_ONLY] });
    expect(await log.open({ options: { readOnly: true } })).not.toHaveProperty('code');
    expect(await log.run({ call: 'read' })).toMatchObject([{ value: { nextId: 4 } }]);
    device.remount('rw');
    await log.run({ call: 'close' });
    await log.open();
    expect(await log.append(400)).not.toHaveProperty('code');
    await log.end();
    await log.check('remounted');
  });
});
