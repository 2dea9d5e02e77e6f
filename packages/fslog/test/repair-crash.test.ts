import { SimDisk, SimRandom, type SimStorage } from '@wal/conformance';
import { FOOTER_TRAILER_BYTES, footerBytes } from '@wal/core';
import { type IdRange, type KeptSide, repairFsLog, verifyFsLog } from '@wal/fslog';
import { describe, expect, it } from 'vitest';
import { type Damage, damaged, scattered } from './verification/damages.ts';
import { DIRECTORY, readLog, type SmallLog, smallLog } from './verification/small-log.ts';

const { CRASH_SCALE = '1' } = process.env;
/** What is tried of the states that a power cut may leave, at each call. */
const CUTS = 2 * Number(CRASH_SCALE);
/** The same, once the repair has resolved. */
const LATE_CUTS = 5 * CUTS;
const timeout = 10 ** 7;

const isSegment = (path: string): boolean => path.endsWith('.wal');
const isMeta = (path: string): boolean => path.startsWith(`${DIRECTORY}/META/`);

function flip(bytes: Uint8Array, ...places: number[]): Uint8Array {
  const changed = bytes.slice();
  for (const at of places) changed[at] = (changed[at] as number) ^ 1;
  return changed;
}

/** The kinds of damage that repairs differ in. */
function scenarios(log: SmallLog): [string, Damage][] {
  const files = [...log.storage.files(DIRECTORY)];
  const segments = files.filter(([path]) => isSegment(path)).sort();
  const [first, second, tail] = segments as [
    (typeof files)[0],
    (typeof files)[0],
    (typeof files)[0],
  ];
  const meta = files.filter(([path]) => isMeta(path));
  const change = ([path, bytes]: (typeof files)[0], ...places: number[]): Damage[0] => [
    path,
    flip(bytes, ...places),
  ];
  const without = ([path]: (typeof files)[0]): Damage[0] => [path, undefined];
  const noMeta = meta.map(([path, bytes]): Damage[0] => [path, flip(bytes, 50, 4150)]);
  return [
    ['a slot of META', meta.map(([path, bytes]) => [path, flip(bytes, 50)])],
    ['both slots of META', noMeta],
    ['META removed', meta.map(without)],
    ['META and a batch', [...noMeta, change(second, 150)]],
    ['a header', [change(second, 20)]],
    ["the tail's header", [change(tail, 20)]],
    ['a footer', [change(second, second[1].length - 20)]],
    ['the first batch', [change(first, 160)]],
    ['the first batch and its footer', [change(first, 160, first[1].length - 20)]],
    ['a batch in the middle', [change(second, 150)]],
    ['a batch in the middle and its footer', [change(second, 150, second[1].length - 20)]],
    ['a batch of the tail', [change(tail, 250)]],
    ['the first batch of the tail', [change(tail, 150)]],
    ['a batch of two segments', [change(first, 160), change(tail, 250)]],
    ['the tail removed', [without(tail)]],
    ['the middle removed', [without(second)]],
    ['the first removed', [without(first)]],
    ...[1, 2, 3, 4].map((seed): [string, Damage] => [
      `scattered damage ${seed}`,
      scattered(files, new SimRandom(seed)),
    ]),
  ];
}

interface Goal {
  readonly gone: readonly IdRange[];
  readonly nextId: number;
}

/** Verifies and repairs, as somebody does who accepts what he finds. */
async function repair(disk: SimDisk, keep: KeptSide): Promise<Goal> {
  const accept = await verifyFsLog(DIRECTORY, { disk });
  const { gone } = await repairFsLog(DIRECTORY, { disk, accept, keep });
  return { gone, nextId: accept.nextId };
}

/** After however many repairs everything is there that the first one was to leave. */
async function expectGoal(storage: SimStorage, log: SmallLog, goal: Goal): Promise<void> {
  const reading = await readLog(storage);
  expect(reading.error).toBeUndefined();
  for (const [id, data] of log.records) {
    const isGone = goal.gone.some(({ firstId, lastId = id }) => id >= firstId && id <= lastId);
    if (isGone || id >= goal.nextId) continue;
    expect(reading.records.get(id), `record ${id}`).toBeDefined();
    expect(Buffer.compare(reading.records.get(id) as Uint8Array, data)).toBe(0);
  }
}

/** Segments by the names that repairs copy them under: whole, or from an offset on. */
const COPY = /\.repair-[^/]*\/([^/]*\.wal)(?:\.([0-9a-f]{8})\.part)?$/;

/** Every byte that a repair took away, or wrote over, is in a copy: of `storage`, as it was damaged, in `left`. */
function expectKept(left: SimStorage, storage: SimStorage): void {
  const files = left.files();
  for (const [path, bytes] of storage.files(DIRECTORY)) {
    if (!isSegment(path)) continue;
    const kept: [number, Uint8Array][] = [[0, files.get(path) ?? new Uint8Array(0)]];
    for (const [copy, found] of files) {
      const [, name, offset] = COPY.exec(copy) ?? [];
      if (name !== undefined && path.endsWith(`/${name}`)) {
        kept.push([Number.parseInt(offset ?? '0', 16), found]);
      }
    }
    // A whole footer is replaced by one that says more.
    const end = bytes.length - (footerBytes(bytes.subarray(-FOOTER_TRAILER_BYTES)) ?? 0);
    for (let at = 0; at < end; at++) {
      const isKept = kept.some(([offset, found]) => found[at - offset] === bytes[at]);
      if (!isKept) throw new Error(`${path}, byte ${at} of ${bytes.length} is nowhere any more`);
    }
  }
}

async function expectRepairable(
  left: SimStorage,
  storage: SimStorage,
  log: SmallLog,
  goal: Goal,
  keep: KeptSide,
  isDone: boolean,
): Promise<void> {
  expectKept(left, storage);
  if (isDone) await expectGoal(left, log, goal);
  await repair(new SimDisk(left), keep);
  await expectGoal(left, log, goal);
  expectKept(left, storage);
}

/** Cuts the power at each call of a repair, and once it has resolved. Returns how many states that makes. */
async function cutOff(
  log: SmallLog,
  [name, damage]: [string, Damage],
  keep: KeptSide,
  cuts: number,
): Promise<number> {
  const storage = damaged(log.storage, damage);
  const whole = storage.clone();
  const goal = await repair(new SimDisk(whole), keep);
  await expectGoal(whole, log, goal);
  let states = 0;
  for (let stopAt = 1, isDone = false; !isDone; stopAt++) {
    const machine = storage.clone();
    const disk = await stopped(machine, keep, stopAt);
    isDone = disk === undefined;
    for (let cut = 0; cut < (isDone ? LATE_CUTS : cuts); cut++) {
      const random = new SimRandom(stopAt * 1000 + cut);
      const left = machine.afterPowerLoss(random, disk?.inFlight);
      await expectRepairable(left, storage, log, goal, keep, isDone).catch((error: unknown) => {
        const place = `${name}, call ${isDone ? 'none' : stopAt}, cut ${cut}`;
        throw new Error(`${place}: ${(error as Error).stack}`, { cause: error });
      });
      states++;
    }
  }
  return states;
}

describe('a repair that is cut off', () => {
  for (const [ending, keep] of [
    ['closed', 'before'],
    ['closed', 'after'],
    ['killed', 'before'],
    ['killed', 'after'],
  ] as const) {
    it(`at any call loses nothing else: ${ending}, keep ${keep}`, { timeout }, async () => {
      const log = await smallLog(ending);
      let states = 0;
      for (const scenario of scenarios(log)) states += await cutOff(log, scenario, keep, CUTS);
      expect(states).toBeGreaterThan(500);
    });
  }

  it('has a segment that it wrote anew before the one goes that it replaces', {
    timeout,
  }, async () => {
    const log = await smallLog('closed');
    const rewriting = scenarios(log).find(([name]) => name === 'the first batch and its footer');
    await cutOff(log, rewriting as [string, Damage], 'after', 10 * CUTS);
  });
});

/** Runs a repair up to a call that never takes effect; `undefined` when it is done before. */
async function stopped(
  storage: SimStorage,
  keep: KeptSide,
  stopAt: number,
): Promise<SimDisk | undefined> {
  let stop: () => void = () => undefined;
  const reached = new Promise<boolean>((resolve) => {
    stop = () => resolve(true);
  });
  const accept = await verifyFsLog(DIRECTORY, { disk: new SimDisk(storage) });
  let changes = 0;
  const disk = new SimDisk(storage, {
    gate: ({ kind }) => {
      if (['open', 'read', 'size', 'identify', 'list', 'close'].includes(kind)) return undefined;
      if (++changes < stopAt) return undefined;
      stop();
      return new Promise(() => undefined);
    },
  });
  const done = repairFsLog(DIRECTORY, { disk, accept, keep }).then(() => false);
  return (await Promise.race([reached, done])) ? disk : undefined;
}
