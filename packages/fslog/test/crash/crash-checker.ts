import {
  type InFlight,
  SimDisk,
  type SimRandom,
  type SimStorage,
  type Spares,
} from '@wal/conformance';
import type { FsLog } from '@wal/fslog';
import { crashStates } from './crash-states.ts';
import { appended, isSameState, type LogState, readState, showState } from './log-state.ts';
import { checkAllowed } from './oracle.ts';

/** Calls that an opening makes, and a few more: a cut behind the last finds the log open. */
const OPENING_CALLS = 60;
/** States whose outcome is remembered; then a run starts to remember anew. */
const MAX_REMEMBERED = 20_000;

/** What one check does; all that is not given follows from chance. */
export interface CheckChoice {
  readonly random: SimRandom;
  /** How many more times the power goes while the log is opened. */
  readonly nesting?: number;
  /** Hears of what the power cuts undo. */
  readonly spares?: Spares;
}

/** Recovers from what power cuts leave, and judges what is found. */
export class CrashChecker {
  /** The log that is cut off, once it is open: what it shows must survive. */
  log: FsLog | undefined;
  readonly #open: (disk: SimDisk) => Promise<FsLog>;
  readonly #random: SimRandom;
  readonly #optionsFingerprint: number;
  /** What the log was found to hold in each state. Recovery depends on nothing else: it need not be repeated. */
  readonly #found = new Map<number, LogState>();
  #states = 0;

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

  /** How many states were judged. */
  get states(): number {
    return this.#states;
  }

  /** Of what is allowed, what remains so in view of what the log's readers can see already (READ-1). */
  visible(allowed: readonly LogState[]): readonly LogState[] {
    if (this.log === undefined) return allowed;
    const { firstId, lastId } = this.log;
    const from = allowed.findIndex((state) =>
      state.records.length === 0
        ? firstId === undefined
        : state.firstId === firstId && state.nextId - 1 === lastId,
    );
    // A log that lost its ownership or storage shows what it had; then all of it stays allowed.
    return from < 0 ? allowed : allowed.slice(from);
  }

  judge(state: LogState, allowed: readonly LogState[], what: string): void {
    try {
      checkAllowed(state, allowed);
    } catch (error) {
      throw new Error(`${what}: ${(error as Error).message}`);
    }
  }

  /**
   * Cuts the power once, now, and opens what is left: at once, or after more cuts while it is opened.
   * @returns whether this left a state that never came up before
   */
  async check(
    storage: SimStorage,
    inFlight: readonly InFlight[],
    allowed: readonly LogState[],
    choice: CheckChoice = { random: this.#random },
  ): Promise<boolean> {
    const { random, spares } = choice;
    const drawn = random.chance(0.7) ? 0 : random.chance(0.7) ? 1 : 2;
    const goesOn = random.chance(0.15);
    let left = storage.afterPowerLoss(random, inFlight, spares);
    for (let depth = 0; depth < (choice.nesting ?? drawn); depth++) {
      left = await this.#cutWhileOpening(left, random, spares);
    }
    const fingerprint = left.fingerprint();
    const isNew = this.#count(left);
    const known = this.#found.get(fingerprint);
    if (known !== undefined) {
      this.judge(known, allowed, 'recovered');
      return isNew;
    }
    // A log that exists opens without any space; only a new one needs some.
    if (!hasMeta(left)) left.capacityBytes = Number.POSITIVE_INFINITY;
    const disk = new SimDisk(left);
    const log = await this.#open(disk);
    const state = await readState(log);
    this.judge(state, allowed, 'recovered');
    this.#remember(fingerprint, state);
    if (goesOn) await this.#goOn(disk, log, state, random);
    disk.kill();
    return isNew;
  }

  #count(storage: SimStorage): boolean {
    this.#states++;
    crashStates.tried++;
    return crashStates.distinct.add(storage.fingerprint() + this.#optionsFingerprint);
  }

  #remember(fingerprint: number, state: LogState): void {
    if (this.#found.size >= MAX_REMEMBERED) this.#found.clear();
    this.#found.set(fingerprint, state);
  }

  /** What a power cut leaves while the log is being opened: at a random call, with that call in flight. */
  async #cutWhileOpening(
    storage: SimStorage,
    random: SimRandom,
    spares: Spares | undefined,
  ): Promise<SimStorage> {
    let callsLeft = random.integer(0, OPENING_CALLS);
    let cut: () => void = () => undefined;
    const isCut = new Promise<void>((resolve) => {
      cut = resolve;
    });
    const gate = (): Promise<void> | undefined => {
      if (callsLeft-- > 0) return undefined;
      cut();
      return new Promise(() => undefined);
    };
    const disk = new SimDisk(storage, { gate });
    if (!hasMeta(storage)) storage.capacityBytes = Number.POSITIVE_INFINITY;
    await Promise.race([isCut, this.#open(disk)]);
    const inner = spares && ((loss: string): boolean => spares(`cut while it opens: ${loss}`));
    const left = storage.afterPowerLoss(random, disk.inFlight, inner);
    disk.kill();
    return left;
  }

  /** What was found once is found again (CRASH-2), and goes on from there. */
  async #goOn(disk: SimDisk, log: FsLog, state: LogState, random: SimRandom): Promise<void> {
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
    const left = disk.storage.afterPowerLoss(random, disk.inFlight);
    this.#count(left);
    const again = await readState(await this.#open(new SimDisk(left)));
    if (!isSameState(again, expected)) {
      throw new Error(`found ${showState(expected)}\nthen ${showState(again)}`);
    }
  }
}

/** Whether a log exists on it: META has a file. */
function hasMeta(storage: SimStorage): boolean {
  return [...storage.files().keys()].some((path) => /\/META\/[0-9a-f]{16}$/.test(path));
}
