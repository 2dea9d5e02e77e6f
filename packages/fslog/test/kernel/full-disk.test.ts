import { promises } from 'node:fs';
import { join } from 'node:path';
import { nodeDisk } from '@wal/fslog';
import { describe, expect, test, vi } from 'vitest';
import { compileForProcesses } from '../support/compiled-sources.ts';
import { Mount } from './mounts.ts';
import { skipNote, whyNoMount } from './programs.ts';
import type { Outcome } from './victim-calls.ts';
import { WorkingLog } from './working-log.ts';

const MIB = 1_048_576;
const NO_SPACE = { code: 'ERR_LOG_NO_SPACE' };
const reason = whyNoMount();
const ROUNDS = 6;

compileForProcesses();

/** Appends until there is no space, at most 400 times; gives the rejection. */
async function appendUntilRefused(log: WorkingLog, size: number): Promise<Outcome> {
  for (let i = 0; i < 400; i++) {
    const outcome = await log.append(size, 10);
    if (outcome.code !== undefined) return outcome;
  }
  throw new Error('the disk never came to be full');
}

describe.skipIf(reason !== undefined)(`a full tmpfs${skipNote(reason)}`, () => {
  for (const preallocate of [true, false]) {
    const options = { segmentBytes: 65_536, preallocate };
    const how = preallocate ? '' : ', without preallocation';

    test(`APPEND-8 the same handle goes on once it is freed${how}`, async () => {
      const mount = await Mount.tmpfs('size=2m');
      const log = new WorkingLog(join(mount.path, 'log'));
      await log.start();
      await log.open({ options });
      await log.append(100);
      for (let round = 0; round < ROUNDS; round++) {
        mount.fill('ballast', 2 * MIB);
        const size = [3000, 20_000, 100, 50_000, 700, 5000][round] as number;
        expect(await appendUntilRefused(log, size)).toMatchObject(NO_SPACE);
        for (const { code } of await log.appendAtOnce(60_000, 60_000, 60_000)) {
          expect(code).toBe('ERR_LOG_NO_SPACE');
        }
        // Read while it is full: what was acknowledged, and not what was refused.
        await log.run({ call: 'read' });
        mount.remove('ballast');
        expect(await log.append(size, size)).not.toHaveProperty('code');
        await log.run({ call: 'read' });
        const { value } = (await log.run({ call: 'read' }))[0] as Outcome;
        const { nextId } = value as { nextId: number };
        expect(await log.run({ call: 'trim', discardUpTo: nextId - 4 })).toMatchObject([
          { value: null },
        ]);
      }
      await log.end();
      await log.check('after it was freed');
    });
  }

  test('OPEN-4 CRASH-2 killed while it is full, opened with no byte free, again and again', async () => {
    const mount = await Mount.tmpfs('size=2m');
    const log = new WorkingLog(join(mount.path, 'log'));
    const options = { segmentBytes: 65_536 };
    await log.start();
    await log.open({ options });
    for (let i = 0; i < 20; i++) await log.append(4000, 100);
    mount.fill('ballast', 2 * MIB);
    expect(await appendUntilRefused(log, 9000)).toMatchObject(NO_SPACE);
    await log.killIn(9000);
    for (let round = 0; round < ROUNDS; round++) {
      await log.start();
      // At once: what died had no byte of space to say who it was, and is known to be dead all the same.
      expect(await log.open({ options })).not.toHaveProperty('code');
      const { value } = (await log.run({ call: 'read' }))[0] as Outcome;
      const { records } = value as { records: [number, string][] };
      expect(records.length).toBeGreaterThan(20);
      expect(await log.append(9000)).toMatchObject(NO_SPACE);
      mount.fill('ballast', 2 * MIB);
      const discardUpTo = records[0]?.[0] as number;
      expect(await log.run({ call: 'trim', discardUpTo })).toMatchObject([{ value: null }]);
      mount.fill('ballast', 2 * MIB);
      await log.kill();
    }
    mount.remove('ballast');
    await log.start();
    await log.open({ options });
    expect(await log.append(9000)).not.toHaveProperty('code');
    await log.end();
    await log.check('after it was freed');
  });

  test('OPEN-4 a full disk, without a torn tail copied aside, is no reason not to open', async () => {
    const mount = await Mount.tmpfs('size=2m');
    const log = new WorkingLog(join(mount.path, 'log'));
    await log.start();
    await log.open({ options: { preallocate: false } });
    for (let i = 0; i < 10; i++) await log.append(1000);
    for (let round = 0; round < ROUNDS; round++) {
      await log.killIn(300_000);
      mount.fill('ballast', 2 * MIB);
      await log.start();
      expect(await log.open({ options: { preallocate: false } })).not.toHaveProperty('code');
      await log.run({ call: 'read' });
      mount.remove('ballast');
      expect(await log.append(500)).not.toHaveProperty('code');
    }
    await log.end();
    await log.check('at the end');
  });
});

test.skipIf(reason !== undefined)(
  `OPEN-2 an opener that came too late, on a full disk, tries again${skipNote(reason)}`,
  async () => {
    const mount = await Mount.tmpfs('size=1m');
    const first = await nodeDisk.lock(mount.path, () => undefined);
    await first.release();
    mount.fill('ballast', MIB);
    const list = promises.readdir;
    let calls = 0;
    vi.spyOn(promises, 'readdir').mockImplementation((async (path: string) => {
      // The second look of an opener is whether its ticket is the highest.
      return ++calls === 2 ? ['9'] : await list(path);
    }) as never);
    const second = await nodeDisk.lock(mount.path, () => undefined);
    vi.restoreAllMocks();
    // What it left at its first try says as much as what it found.
    expect(second.isGone(first.id)).toBe(true);
    await second.release();
  },
);

describe.skipIf(reason !== undefined)(`a tmpfs without a free inode${skipNote(reason)}`, () => {
  test('APPEND-8 what needs a new segment is refused, and goes on once there is one', async () => {
    const mount = await Mount.tmpfs('size=4m,nr_inodes=40');
    const log = new WorkingLog(join(mount.path, 'log'));
    const options = { segmentBytes: 8192 };
    await log.start();
    await log.open({ options });
    for (let i = 0; i < 5; i++) await log.append(1000);
    const names = mount.fillInodes('inode', 64);
    expect(await log.run({ call: 'roll' })).toMatchObject([NO_SPACE]);
    expect(await log.run({ call: 'truncate', lastToKeep: 3 })).toMatchObject([NO_SPACE]);
    expect(await appendUntilRefused(log, 1000)).toMatchObject(NO_SPACE);
    await log.run({ call: 'read' });
    for (const name of names) mount.remove(name);
    expect(await log.append(1000)).not.toHaveProperty('code');
    expect(await log.run({ call: 'roll' })).toMatchObject([{ value: null }]);
    await log.append(1000);
    mount.fillInodes('inode', 64);
    await log.kill();
    // A lock is a file, so a writer cannot come without an inode; a reader can.
    await log.start();
    const refused = await log.open({ options });
    expect(refused).toMatchObject(NO_SPACE);
    expect(await log.open({ options: { readOnly: true } })).not.toHaveProperty('code');
    await log.run({ call: 'read' });
    await log.run({ call: 'close' });
    for (const name of names) mount.remove(name);
    expect(await log.open({ options })).not.toHaveProperty('code');
    expect(await log.append(1000)).not.toHaveProperty('code');
    await log.end();
    await log.check('after it was freed');
  });
});
