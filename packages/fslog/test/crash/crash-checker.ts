import {
  appended,
  checkAllowed,
  type InFlight,
  isSameState,
  type LogState,
  mixFingerprints,
  readState,
  SimDisk,
  SimRandom,
  type SimStorage,
  type Spares,
  showState,
  stateFingerprint,
  type TrackedLog,
  visibleStates,
} from '@wal/conformance';
import type { FsLog } from '@wal/fslog';
import { crashStates } from './crash-states.ts';
import { cutAtCall, cutsWhileOpening, giveRoom } from './nested-cuts.ts';

/** States whose outcome is remembered; then a run starts to remember anew. */
const MAX_REMEMBERED = 20_000;

/** What one check does; all that is not given follows from the seed. */
export interface CheckChoice {
  readonly seed: number;
  /** At which calls the power goes again, each time that the log is opened. */
  readonly path?: readonly number[];
  /** Whether it goes again at every call of the opening, one after the other. */
  readonly isNested?: boolean;
  /** Hears of what the power cuts undo. */
  readonly spares?: Spares;
}

/** A check that has failed, and at which calls of the openings before the power went again. */
export class CheckFailure extends Error {
  readonly path: readonly number[];

  constructor(path: readonly number[], cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.path = path;
  }
}

/** Recovers from what power cuts leave, and judges what is found. */
export class CrashChecker {
  /** The log that is cut off, once it is open: what it shows must survive. */
  log: TrackedLog | undefined;
  /** How many states were judged. */
  states = 0;
  readonly #open: (disk: SimDisk) => Promise<FsLog>;
  readonly #random: SimRandom;
  readonly #optionsFingerprint: number;
  /** What the log was found to hold in each state, by all that recovery depends on: it need not be repeated. */
  readonly #found = new Map<number, LogState>();

  /** `optionsFingerprint` stands for the options that `open` opens the log with, where there are several. */
  constructor(
    open: (disk: SimDisk) => Promise<FsLog>,
    random: SimRandom,
    optionsFingerprint: number = 0,
  ) {
    this.#open = open;
    this.#random = random;
    this.#optionsFingerprint = optionsFingerprint;
  }

  /** Of what is allowed, what remains so in view of what the log's readers can see already (READ-1). */
  visible(allowed: readonly LogState[]): readonly LogState[] {
    if (this.log === undefined) return allowed;
    return visibleStates(allowed, this.log.log, this.log.isPoisoned);
  }

  judge(state: LogState, allowed: readonly LogState[], what: string): void {
    checkAllowed(state, allowed, what);
  }

  /**
   * Cuts the power once, now, and opens what is left. Of some states the opening is cut off again, before
   * each change that it makes, and of some of these once more.
   * @returns whether this left a state that never came up before
   */
  async check(
    storage: SimStorage,
    inFlight: readonly InFlight[],
    allowed: readonly LogState[],
    choice: CheckChoice = { seed: this.#random.seed() },
  ): Promise<boolean> {
    const { stackTraceLimit } = Error;
    // Errors in thousands of openings, most of them expected: where they come from costs more than the rest.
    Error.stackTraceLimit = 0;
    try {
      return await this.#check(storage, inFlight, allowed, choice);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }

  async #check(
    storage: SimStorage,
    inFlight: readonly InFlight[],
    allowed: readonly LogState[],
    { seed, path, isNested, spares }: CheckChoice,
  ): Promise<boolean> {
    const random = new SimRandom(seed);
    let left = storage.afterPowerLoss(random, inFlight, spares);
    for (const [depth, call] of path?.entries() ?? []) {
      left = await cutAtCall(this.#open, left, call, nestedSeed(seed, depth), spares);
    }
    const drawn = random.chance(0.04);
    const before = path === undefined && (isNested ?? drawn) ? left.clone() : undefined;
    const isNew = await this.#recover(left, allowed, seed, path ?? [], spares);
    if (before && (isNew || isNested)) await this.#cutOpening(before, allowed, seed, []);
    return isNew;
  }

  /** Cuts the power before each change that the opening of a log makes. */
  async #cutOpening(
    storage: SimStorage,
    allowed: readonly LogState[],
    seed: number,
    path: readonly number[],
  ): Promise<void> {
    const cuts = await cutsWhileOpening(this.#open, storage, nestedSeed(seed, path.length));
    const random = new SimRandom(nestedSeed(seed, path.length + 10));
    const again = random.integer(0, 2 * cuts.length);
    for (const [i, { call, left }] of cuts.entries()) {
      const before = i === again ? left.clone() : undefined;
      const inner = [...path, call];
      await this.#recover(left, allowed, seed, inner);
      if (before && path.length === 0) await this.#cutOpening(before, allowed, seed, inner);
    }
  }

  /** Opens what a power cut has left, and judges what is found. */
  async #recover(
    left: SimStorage,
    allowed: readonly LogState[],
    seed: number,
    path: readonly number[],
    spares?: Spares,
  ): Promise<boolean> {
    // The same whether the path to it was found or is followed.
    const random = new SimRandom(path.reduce(nestedSeed, nestedSeed(seed, 100)));
    const fingerprint = left.fingerprint();
    const isNew = this.#count(fingerprint, allowed);
    const goesOn = random.chance(0.1);
    const key = mixFingerprints(fingerprint, surroundings(left));
    const known = this.#found.get(key);
    try {
      if (known !== undefined) {
        this.judge(known, allowed, 'recovered');
        return isNew;
      }
      giveRoom(left);
      const disk = new SimDisk(left);
      const log = await this.#open(disk);
      const state = await readState(log);
      this.judge(state, allowed, 'recovered');
      this.#remember(key, state);
      if (goesOn) await this.#goOn(disk, log, state, random, spares);
      disk.kill();
      return isNew;
    } catch (error) {
      throw new CheckFailure(path, error);
    }
  }

  #count(disk: number, allowed: readonly LogState[]): boolean {
    this.states++;
    crashStates.tried++;
    const opened = disk + this.#optionsFingerprint;
    let mixed = opened;
    for (const state of allowed) mixed = mixFingerprints(mixed, stateFingerprint(state));
    crashStates.distinct.add(opened);
    return crashStates.judged.add(mixed);
  }

  #remember(key: number, state: LogState): void {
    if (this.#found.size >= MAX_REMEMBERED) this.#found.clear();
    this.#found.set(key, state);
  }

  /** What was found once is found again (CRASH-2), and goes on from there. */
  async #goOn(
    disk: SimDisk,
    log: FsLog,
    state: LogState,
    random: SimRandom,
    spares?: Spares,
  ): Promise<void> {
    let expected = state;
    disk.storage.capacityBytes = Number.POSITIVE_INFINITY;
    if (random.chance(0.5)) {
      const record = Uint8Array.of(1, 2, 3, random.integer(0, 255));
      const { firstId } = await log.append(record);
      if (firstId !== state.nextId) throw new Error(`appended ${firstId}, not ${state.nextId}`);
      await log.sync();
      expected = appended(state, [record]);
    }
    if (random.chance(0.3)) {
      await log.close();
      if (disk.openFiles > 0) throw new Error(`${disk.openFiles} files open after close`);
    }
    const inner = spares && ((loss: string): boolean => spares(`once it is open again: ${loss}`));
    const left = disk.storage.afterPowerLoss(random, disk.inFlight, inner);
    this.#count(left.fingerprint(), [expected]);
    const next = new SimDisk(left);
    const again = await readState(await this.#open(next));
    next.kill();
    if (!isSameState(again, expected)) {
      throw new Error(`found ${showState(expected)}\nthen ${showState(again)}`);
    }
  }
}

/** What recovery depends on besides names and bytes: how much space there is, and whose locks are gone. */
function surroundings({ capacityBytes, lastLocks }: SimStorage): number {
  let mixed = Number.isFinite(capacityBytes) ? capacityBytes : -1;
  for (const { number, goneSince } of lastLocks.values()) {
    mixed = mixFingerprints(mixFingerprints(mixed, number), goneSince);
  }
  return mixed;
}

function nestedSeed(seed: number, depth: number): number {
  return Math.imul(seed ^ (depth + 1), 0x9e3779b1);
}
