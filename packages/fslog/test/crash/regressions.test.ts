import {
  readState,
  type SimCall,
  SimDisk,
  type SimDiskOptions,
  type SimFault,
  SimRandom,
  SimStorage,
} from '@wal/conformance';
import { isLogError } from '@wal/core';
import { type FsLog, type FsLogOptions, openFsLog } from '@wal/fslog';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newRecord } from './numbered-records.ts';
import { VirtualTimers } from './virtual-timers.ts';

const timers = new VirtualTimers();

/** Opens `/log`, as a new process that takes the lock from whoever has it. */
async function open(
  storage: SimStorage,
  disk: SimDiskOptions = {},
  options: FsLogOptions = {},
): Promise<{ log: FsLog; disk: SimDisk }> {
  const sim = new SimDisk(storage, { stealsLock: true, ...disk });
  const log = await openFsLog('/log', { segmentBytes: 4096, ...options, disk: sim });
  return { log, disk: sim };
}

/** A disk whose process is stopped for good at the `n`th call of a kind, before it takes effect. */
function stoppedAt(
  storage: SimStorage,
  isIt: (call: SimCall) => boolean,
): { disk: SimDisk; stopped: Promise<void> } {
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const gate = (call: SimCall): Promise<void> | undefined => {
    if (!isIt(call)) return undefined;
    stop();
    return new Promise(() => undefined);
  };
  return { disk: new SimDisk(storage, { gate, stealsLock: true }), stopped };
}

async function openUntil(storage: SimStorage, isIt: (call: SimCall) => boolean): Promise<void> {
  const { disk, stopped } = stoppedAt(storage, isIt);
  await Promise.race([stopped, openFsLog('/log', { disk, segmentBytes: 4096 })]);
  disk.kill();
}

/** Many states that a power cut may leave, each opened. */
async function afterPowerLosses(
  storage: SimStorage,
  judge: (log: FsLog) => Promise<void> | void,
): Promise<void> {
  for (let seed = 0; seed < 60; seed++) {
    const { log } = await open(storage.afterPowerLoss(new SimRandom(seed)));
    await judge(log);
  }
}

describe('what the simulated disk has found once', () => {
  beforeEach(() => timers.install());
  afterEach(() => timers.uninstall());

  it('IDS-3: a truncate behind a trim that is not done yet counts its trim mark', async () => {
    const { log } = await open(new SimStorage());
    await log.append([newRecord(3), newRecord(3), newRecord(3)]);
    const done = [log.trim(7), log.truncate(-1), log.append(newRecord(5))];
    expect(log.nextId).toBe(9);
    await Promise.all(done);
    expect([log.firstId, log.nextId]).toEqual([8, 9]);
    expect((await log.get(8)).data).toHaveLength(5);
  });

  it.each([1, 2])('CRASH-1: META survives sync %i of an opening failing', async (n) => {
    const storage = new SimStorage();
    await (await open(storage)).log.close();
    let syncs = 0;
    const fault = ({ kind }: SimCall): { error: 'EIO' } | undefined =>
      kind === 'sync' && ++syncs === n ? { error: 'EIO' } : undefined;
    for (let seed = 0; seed < 60; seed++) {
      const copy = storage.clone();
      syncs = 0;
      await open(copy, { fault, random: new SimRandom(seed) }).catch(() => undefined);
      const isMetaSync = ({ kind, path }: SimCall): boolean =>
        kind === 'sync' && path.startsWith('/log/META/');
      for (let m = 1; m <= 2; m++) {
        const again = copy.clone();
        let left = m;
        await openUntil(again, (call) => isMetaSync(call) && --left === 0);
        for (let cut = 0; cut < 40; cut++) {
          await open(again.afterPowerLoss(new SimRandom(seed * 40 + cut + 1)));
        }
      }
    }
  });

  it('CRASH-1: what a failed sync left is not trusted to another sync', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const storage = new SimStorage();
      let isFailing = false;
      const fault = ({ kind, path }: SimCall): SimFault | undefined =>
        isFailing && kind === 'sync' && path.endsWith('.wal')
          ? { error: 'EIO', leavesUnwritten: true }
          : undefined;
      const options = { preallocate: false };
      const first = await open(storage, { fault, random: new SimRandom(seed) }, options);
      await first.log.append(newRecord(700));
      isFailing = true;
      await first.log.append(newRecord(2000)).catch(() => undefined);
      first.disk.kill();
      // The next process finds the record, and says so: from then on it must not be lost.
      const second = await open(storage, {}, options);
      const found = await readState(second.log);
      expect(found.nextId).toBe(3);
      second.disk.kill();
      await afterPowerLosses(storage, async (log) => {
        expect(await readState(log)).toEqual(found);
      });
    }
  });

  it.each([true, false])(
    'CRASH-2: what a killed process did not sync is durable once it was found, preallocate: %s',
    async (preallocate) => {
      const storage = new SimStorage();
      const options = { durability: 'none', preallocate } as const;
      const first = await open(storage, {}, options);
      for (const length of [50, 60, 70]) await first.log.append(newRecord(length));
      first.disk.kill();
      const second = await open(storage, {}, options);
      const found = await readState(second.log);
      expect(found.nextId).toBe(4);
      second.disk.kill();
      await afterPowerLosses(storage, async (log) => {
        expect(await readState(log)).toEqual(found);
      });
    },
  );

  it("CRASH-1: the log's own name is durable, whoever made the directory", async () => {
    const storage = new SimStorage();
    storage.makeDirectory('/log');
    const { log } = await open(storage);
    await log.append(newRecord(9));
    await afterPowerLosses(storage, (found) => expect(found.nextId).toBe(2));
  });

  it("TRIM-4: META's name is durable before the first trim", async () => {
    const storage = new SimStorage();
    await openUntil(storage, ({ kind, path }) => kind === 'syncDirectory' && path === '/log');
    const { log } = await open(storage);
    await log.trim(5);
    await afterPowerLosses(storage, (found) => expect(found.nextId).toBe(6));
  });

  it("OPEN-2: a segment that a stalled owner left without a header is in nobody's way", async () => {
    const storage = new SimStorage();
    const first = await open(storage);
    await first.log.append([newRecord(1), newRecord(2), newRecord(3)]);
    const [segment] = await first.log.listSegments();
    first.disk.kill();
    const { log } = await open(storage);
    const stray = (segment?.sequence ?? 0) + 1;
    const name = `${stray.toString(16).padStart(16, '0')}-${'2'.padStart(16, '0')}.wal`;
    storage.put(`/log/${name}`, new Uint8Array(0));
    await log.append(newRecord(4));
    await log.close();
    const { records } = await readState((await open(storage)).log);
    expect(records.map(({ length }) => length)).toEqual([1, 2, 3, 4]);
  });

  it('CLOSE-1: close says so when what was acknowledged may be lost', async () => {
    let isFailing = false;
    const fault = ({ kind }: SimCall): { error: 'EIO' } | undefined =>
      isFailing && kind === 'sync' ? { error: 'EIO' } : undefined;
    const { log, disk } = await open(
      new SimStorage(),
      { fault },
      { durability: { intervalMs: 10 } },
    );
    await log.append(newRecord(9));
    isFailing = true;
    timers.fire(); // The sync in the background, that nobody waits for.
    await log.append([]);
    await expect(log.close()).rejects.toMatchObject({ code: 'ERR_LOG_FAILED' });
    expect(disk.openFiles).toBe(0);
  });

  it('OPEN-2: a reader of a log that was taken over hears of that, not of rot', async () => {
    const storage = new SimStorage();
    const { log } = await open(storage);
    await log.append(newRecord(9));
    await log.roll();
    await log.append(newRecord(9));
    const taken = await open(storage);
    await taken.log.trim(2);
    await taken.log.append(newRecord(9));
    await taken.log.close();
    await expect(log.get(1)).rejects.toMatchObject({ code: 'ERR_LOG_FENCED' });
  });

  it('ERRORS-2: sync that cannot read META says ERR_LOG_FAILED', async () => {
    let isFailing = false;
    const fault = ({ kind }: SimCall): { error: 'EIO' } | undefined =>
      isFailing && kind === 'identify' ? { error: 'EIO' } : undefined;
    const { log } = await open(new SimStorage(), { fault });
    await log.append(newRecord(9));
    isFailing = true;
    const error = await log.sync().catch((reason: unknown) => reason);
    expect(isLogError(error, 'ERR_LOG_FAILED')).toBe(true);
    await log.close();
  });
});
