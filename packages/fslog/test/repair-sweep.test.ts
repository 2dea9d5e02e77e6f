import { SimDisk, SimRandom, type SimStorage } from '@wal/conformance';
import { type IdRange, openFsLog, repairFsLog, verifyFsLog } from '@wal/fslog';
import { describe, expect, it } from 'vitest';
import { DAMAGES, type Damage, damaged, placesOf, scattered } from './verification/damages.ts';
import {
  DIRECTORY,
  type Ending,
  longerLog,
  readLog,
  type SmallLog,
  smallLog,
} from './verification/small-log.ts';

const { CRASH_SCALE = '1', CRASH_SEED } = process.env;
/** Not every byte is damaged, unless there is time. */
const STRIDE = Number(CRASH_SCALE) > 1 ? 1 : 17;
const ENDINGS: readonly Ending[] = ['closed', 'killed', 'killed, preallocated'];
const timeout = 10 ** 7;

function isIn(ranges: readonly IdRange[], id: number): boolean {
  return ranges.some(({ firstId, lastId = id }) => id >= firstId && id <= lastId);
}

/** A log that was repaired must be whole, hold what it should and nothing else, and go on as one. */
async function expectSound(
  storage: SimStorage,
  log: SmallLog,
  gone: readonly IdRange[],
  nextId: number,
): Promise<void> {
  const report = await verifyFsLog(DIRECTORY, { disk: new SimDisk(storage) });
  expect(report.isReadable, JSON.stringify(report.problems)).toBe(true);
  const reading = await readLog(storage);
  expect(reading.error).toBeUndefined();
  for (const [id, data] of log.records) {
    if (id >= nextId || isIn(gone, id)) {
      expect(reading.records.has(id), `record ${id} must be gone`).toBe(false);
    } else {
      expect(reading.records.get(id), `record ${id} must be there`).toBeDefined();
      expect(Buffer.compare(reading.records.get(id) as Uint8Array, data)).toBe(0);
    }
  }
  const again = await openFsLog(DIRECTORY, { disk: new SimDisk(storage), segmentBytes: 4096 });
  const { firstId } = await again.append(Buffer.from('on it goes'));
  await again.roll();
  await again.append([]);
  await again.close();
  const after = await readLog(storage);
  expect(after.error).toBeUndefined();
  expect([...after.records.keys()]).toEqual([...reading.records.keys(), firstId]);
}

/** Repairs in each way, and returns how many records went. */
async function expectRepaired(log: SmallLog, damage: Damage): Promise<number> {
  const storage = damaged(log.storage, damage);
  const report = await verifyFsLog(DIRECTORY, { disk: new SimDisk(storage) });
  const isTold = report.doubts.length === 0;
  const careful = storage.clone();
  const disk = new SimDisk(careful);
  const unasked = await repairFsLog(DIRECTORY, { disk });
  expect(disk.openFiles).toBe(0);
  expect(unasked.gone).toEqual([]);
  const losses = report.problems.filter(({ severity }) => severity === 'loss');
  expect(unasked.remaining.length > 0).toBe(losses.length > 0);
  if (losses.length === 0) await expectSound(careful, log, [], report.nextId);
  else {
    const still = await verifyFsLog(DIRECTORY, { disk: new SimDisk(careful) });
    expect(still.lost).toEqual(report.lost);
    const grave = still.problems.filter(({ severity }) => severity !== 'note');
    expect(grave).toEqual(unasked.remaining);
    // Only what is beside a loss has to wait for it, or everything where META is what is lost.
    const affected = new Set(losses.map(({ segment }) => segment));
    const waiting = grave.filter(
      ({ severity, segment }) => severity === 'damage' && !affected.has(segment),
    );
    if (isTold) expect(waiting).toEqual([]);
  }
  let most = 0;
  for (const keep of losses.length === 0 ? [] : (['before', 'after'] as const)) {
    for (const from of [storage, careful]) {
      const copy = from.clone();
      const own = new SimDisk(copy);
      const result = await repairFsLog(DIRECTORY, { disk: own, accept: report, keep });
      expect(own.openFiles).toBe(0);
      expect(result.remaining).toEqual([]);
      for (const id of log.records.keys()) {
        if (isIn(report.lost, id)) expect(isIn(result.gone, id)).toBe(true);
      }
      const count = [...log.records.keys()].filter((id) => isIn(result.gone, id)).length;
      most = Math.max(most, count);
      const trimmed = isTold ? [] : [{ firstId: 0, lastId: report.firstId - 1 }];
      await expectSound(copy, log, [...result.gone, ...trimmed], report.nextId);
    }
  }
  return most;
}

describe.each(ENDINGS)('repair leaves what is not lost: a log that was %s', (ending) => {
  it.each(DAMAGES)('%s', { timeout }, async (_, damages) => {
    const log = await smallLog(ending);
    const files = [...log.storage.files(DIRECTORY)];
    let most = 0;
    for (const damage of damages(files, STRIDE)) {
      const gone = await expectRepaired(log, damage).catch((error: unknown) => {
        const places = placesOf(log.storage, damage);
        throw new Error(`${places}: ${(error as Error).stack}`, { cause: error });
      });
      most = Math.max(most, gone);
    }
    expect(most).toBeGreaterThan(0);
  });

  it('several places of a longer log', { timeout }, async () => {
    const log = await longerLog(ending);
    const files = [...log.storage.files(DIRECTORY)].filter(([path]) => !path.endsWith('.torn'));
    const firstSeed = Number(CRASH_SEED ?? Math.floor(Math.random() * 2 ** 31));
    const count = CRASH_SEED === undefined ? 20 * Math.max(1, Number(CRASH_SCALE)) : 1;
    let most = 0;
    for (let seed = firstSeed; seed < firstSeed + count; seed++) {
      const damage = scattered(files, new SimRandom(seed));
      const gone = await expectRepaired(log, damage).catch((error: unknown) => {
        throw new Error(`CRASH_SEED=${seed}: ${(error as Error).stack}`, { cause: error });
      });
      most = Math.max(most, gone);
    }
    if (CRASH_SEED === undefined) expect(most).toBeGreaterThan(0);
  });
});
