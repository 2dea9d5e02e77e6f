import {
  emptyState,
  type FaultAt,
  finishSome,
  type InFlight,
  isSameState,
  type LogState,
  Oracle,
  openAtLast,
  randomFaults,
  readState,
  SimDisk,
  type SimDiskOptions,
  SimRandom,
  SimScheduler,
  SimStorage,
  shortReads,
  TrackedLog,
} from '@wal/conformance';
import type { Disk, Log } from '@wal/core';
import { type FsLog, type FsLogOptions, openFsLog } from '@wal/fslog';
import { type CheckChoice, CheckFailure, CrashChecker } from './crash-checker.ts';
import { type CrashPlan, checkSeed, type PlannedGeneration, planCrashes } from './crash-plan.ts';
import { restartRecords } from './numbered-records.ts';
import { Program } from './program.ts';
import { breathe, VirtualTimers } from './virtual-timers.ts';

/** What kind of run: everything else about it follows from the seed. */
export interface CrashRunOptions {
  readonly durability?: FsLogOptions['durability'];
  readonly preallocate?: boolean;
  /** Errors at random calls, and too little space. */
  readonly hasFaults?: boolean;
  /** Errors of writes and syncs alone, this often. */
  readonly faultRate?: number;
  /** At most so many power cuts are tried before each call to the disk, as long as they leave new states. */
  readonly cutsPerCall?: number;
  /** How many times the log is opened, used and cut off, each time on what the last left. Default 4. */
  readonly generations?: number;
  /** Puts something between a log and its disk: a planted bug. */
  readonly wrap?: (disk: Disk) => Disk;
  /** In place of `openFsLog`: one with a bug in its source. */
  readonly openLog?: typeof openFsLog;
}

/** A moment at which the power may go: before a call to the disk of one generation. */
export interface Moment {
  readonly generation: number;
  readonly call: number;
}

/** The power cut that a run has failed at. */
export interface FailedCut extends Moment {
  readonly choice: CheckChoice;
}

/** What is tried instead of what follows from the seed, to find out what a failure takes. */
export interface Trial {
  readonly plan: CrashPlan;
  /** The `nth` power cut of a moment; `undefined`: no more of them. */
  readonly cut: (moment: Moment, nth: number) => CheckChoice | undefined;
}

const DIRECTORY = '/log';
/** How often a failed sync leaves extents that no later one writes, as ext4 does. */
const UNWRITTEN_RATE = 0.3;

/** In the order in which they were asked for. */
class FirstComeFirst extends SimRandom {
  override fraction(): number {
    return 0;
  }
}

/** Tells apart what a log is opened with: states that are opened in another way count again. */
export function optionsFingerprint(
  durability: NonNullable<FsLogOptions['durability']>,
  preallocate: boolean,
): number {
  return ['sync', 'none'].indexOf(String(durability)) * 2 + (preallocate ? 0 : 1);
}

/** One seeded run: a log lives through several generations and is judged at each of its disk's calls. */
export class CrashRun {
  readonly plan: CrashPlan;
  /** The calls of each generation that were made to fail. */
  readonly faultyCalls: number[][] = [];
  /** Where the run has failed, if it was at a power cut. */
  failedCut: FailedCut | undefined;
  readonly #seed: number;
  readonly #options: CrashRunOptions;
  readonly #trial: Trial | undefined;
  readonly #timers = new VirtualTimers();
  readonly #oracle: Oracle;
  readonly #checker: CrashChecker;
  #storage = new SimStorage();
  #lastMoment:
    | {
        readonly storage: SimStorage;
        readonly changes: number;
        readonly inFlight: readonly InFlight[];
        readonly allowed: readonly LogState[];
      }
    | undefined;
  #isOver = false;
  /** No faults: what is read is judged. */
  #isCalm = false;

  constructor(seed: number, options: CrashRunOptions = {}, trial?: Trial) {
    this.#seed = seed;
    this.#options = options;
    this.#trial = trial;
    const { durability = 'sync', preallocate = true, generations = 4, hasFaults = false } = options;
    this.plan = trial?.plan ?? planCrashes(seed, generations, hasFaults);
    this.#oracle = new Oracle(emptyState(1), durability === 'sync');
    const open = (disk: SimDisk): Promise<FsLog> => this.#open(disk);
    const kind = optionsFingerprint(durability, preallocate);
    this.#checker = new CrashChecker(open, new SimRandom(seed), kind);
  }

  /** Runs to the end. @returns how many crash states were judged. */
  async run(): Promise<number> {
    this.#timers.install();
    restartRecords();
    try {
      for (const [i, generation] of this.plan.entries()) await this.#generation(generation, i);
      return this.#checker.states;
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      throw new Error(
        `CRASH_SEED=${this.#seed} ${JSON.stringify(this.#options)}\n${text}\n--- history\n` +
          this.#oracle.history.slice(-40).join('\n'),
        { cause: error },
      );
    } finally {
      this.#timers.uninstall();
      await breathe();
    }
  }

  async #open(disk: SimDisk, maxQueuedBytes?: number): Promise<FsLog> {
    const { durability = 'sync', preallocate = true, wrap, openLog = openFsLog } = this.#options;
    return await openLog(DIRECTORY, {
      disk: wrap?.(disk) ?? disk,
      segmentBytes: 4096,
      durability,
      preallocate,
      ...(maxQueuedBytes !== undefined && { maxQueuedBytes, maxRecordBytes: maxQueuedBytes }),
    });
  }

  /** Opens the log, uses it, and cuts it off somewhere. */
  async #generation(generation: PlannedGeneration, index: number): Promise<void> {
    const { orderSeed } = generation;
    let failure: unknown;
    let call = 0;
    let endIt: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      endIt = resolve;
    });
    const order = orderSeed === undefined ? new FirstComeFirst(0) : new SimRandom(orderSeed);
    const scheduler = new SimScheduler(order, () => {
      if (failure !== undefined) return undefined;
      if (++call > generation.calls) {
        scheduler.stop();
        endIt();
        return undefined;
      }
      return this.#tryCuts(disk, generation, { generation: index, call }).catch(
        (error: unknown) => {
          failure = error;
          scheduler.stop();
          endIt();
        },
      );
    });
    const disk = this.#newDisk(scheduler, generation);
    this.#isOver = false;
    const lived = this.#live(disk, generation, scheduler).catch((error: unknown) => {
      failure ??= error;
    });
    await Promise.race([lived, ended]);
    this.#isOver = true;
    scheduler.stop();
    if (failure !== undefined) throw failure;
    this.#cutOff(disk, generation);
  }

  #newDisk(scheduler: SimScheduler, generation: PlannedGeneration): SimDisk {
    const { faultSeed, faultyCalls, shortReadSeed } = generation;
    const random = new SimRandom(faultSeed ?? 0);
    const options: SimDiskOptions = { random, gate: scheduler.gate };
    const failed: number[] = [];
    this.faultyCalls.push(failed);
    const shortRead: FaultAt =
      shortReadSeed === undefined ? () => undefined : shortReads(new SimRandom(shortReadSeed));
    if (faultSeed === undefined)
      return new SimDisk(this.#storage, { ...options, fault: shortRead });
    const { faultRate } = this.#options;
    const faultAt = randomFaults(random, this.#storage, faultRate, UNWRITTEN_RATE);
    return new SimDisk(this.#storage, {
      ...options,
      fault: (call) => {
        const drawn = this.#isCalm ? undefined : faultAt(call);
        const isLeftOut = faultyCalls?.includes(call.number) === false;
        if (drawn === undefined || isLeftOut) return shortRead(call);
        failed.push(call.number);
        return drawn;
      },
    });
  }

  /** One process: opens, works, perhaps closes and opens again. */
  async #live(disk: SimDisk, plan: PlannedGeneration, scheduler: SimScheduler): Promise<void> {
    for (const life of plan.lives) {
      const log = await this.#openAtLast(disk, plan);
      if (log === undefined || this.#isOver) return;
      const excuse = this.#options.hasFaults === true ? 'faults' : 'none';
      const tracked = new TrackedLog(log, this.#oracle, excuse);
      this.#checker.log = tracked;
      const state = await this.#read(log);
      this.#checker.judge(state, this.#oracle.allowed(), 'opened');
      this.#oracle.rebase(state);
      const pause = (calls: number): Promise<void> => scheduler.pause(calls);
      const program = new Program(tracked, life, this.#timers, pause);
      await program.run(() => this.#isOver);
      if (this.#isOver) return;
      await this.#judgeIdle(tracked);
      const closing = this.#oracle.begin('close', 'barrier', (same) => same);
      this.#checker.log = undefined;
      try {
        await log.close();
        // A log that said that it writes no more has nothing to promise.
        this.#oracle.end(closing, tracked.isPoisoned ? 'unknown' : 'done');
      } catch (error) {
        if (!tracked.isExcused(error)) throw error;
        this.#oracle.end(closing, 'unknown');
      }
      await scheduler.pause(Number.POSITIVE_INFINITY);
      if (disk.openFiles > 0) throw new Error(`${disk.openFiles} files open after close`);
      this.#timers.fire();
      // The log is closed, or poisoned: what it may hold is what an opening may find.
      this.#oracle.crash();
    }
  }

  /** With faults an opening may fail; without them it must not. */
  #openAtLast(disk: SimDisk, { maxQueuedBytes }: PlannedGeneration): Promise<FsLog | undefined> {
    const open = (): Promise<FsLog> => this.#open(disk, maxQueuedBytes);
    const { hasFaults } = this.#options;
    return hasFaults === true ? openAtLast(open, disk, this.#oracle.history) : open();
  }

  async #read(log: Log): Promise<LogState> {
    this.#isCalm = true;
    try {
      return await readState(log);
    } finally {
      this.#isCalm = false;
    }
  }

  async #judgeIdle({ log, isPoisoned }: TrackedLog): Promise<void> {
    const state = await this.#read(log);
    // A handle that failed for good may have readers see less than what became durable.
    if (!isPoisoned) this.#oracle.checkPresent(state);
    else this.#checker.judge(state, this.#oracle.allowed(), 'poisoned');
  }

  /** Tries power cuts at this moment, as long as they leave what none has left before. */
  async #tryCuts(disk: SimDisk, { cutSeed }: PlannedGeneration, moment: Moment): Promise<void> {
    const { durability = 'sync', cutsPerCall = 24 } = this.#options;
    const allowed = this.#oracle.allowed();
    const visible = durability === 'sync' ? this.#checker.visible(allowed) : allowed;
    const { inFlight } = disk;
    if (!this.#hasChanged(inFlight, visible)) return;
    const saved = this.#timers.save();
    let repeated = 0;
    for (let nth = 0; ; nth++) {
      if (this.#trial === undefined && (repeated >= 3 || nth >= cutsPerCall)) break;
      const choice = this.#trial
        ? this.#trial.cut(moment, nth)
        : { seed: checkSeed(cutSeed, moment.call, nth) };
      if (choice === undefined) break;
      let isNew: boolean;
      try {
        isNew = await this.#checker.check(this.#storage, inFlight, visible, choice);
      } catch (error) {
        const path = error instanceof CheckFailure ? error.path : [];
        this.failedCut = { ...moment, choice: { seed: choice.seed, path } };
        throw error;
      }
      this.#timers.restore(saved);
      if (!isNew) repeated++;
    }
    this.#timers.restore(saved);
  }

  /** Whether a power cut now may leave something else than one at the moment before, or something else is allowed. */
  #hasChanged(inFlight: readonly InFlight[], allowed: readonly LogState[]): boolean {
    const before = this.#lastMoment;
    const { changes } = this.#storage;
    this.#lastMoment = { storage: this.#storage, changes, inFlight, allowed };
    return (
      before?.storage !== this.#storage ||
      before.changes !== changes ||
      before.inFlight.length !== inFlight.length ||
      before.allowed.length !== allowed.length ||
      inFlight.some((effect, i) => effect !== before.inFlight[i]) ||
      allowed.some((state, i) => !isSameState(state, before.allowed[i] as LogState))
    );
  }

  /** The process dies; and in most cases the machine with it. */
  #cutOff(disk: SimDisk, { isPowerLoss, cutSeed }: PlannedGeneration): void {
    const random = new SimRandom(cutSeed);
    const { inFlight } = disk;
    this.#oracle.crash();
    this.#checker.log = undefined;
    disk.kill();
    this.#timers.save();
    this.#oracle.history.push(isPowerLoss ? 'power loss' : 'kill');
    if (isPowerLoss) {
      this.#storage = this.#storage.afterPowerLoss(random, inFlight);
    } else finishSome(this.#storage, inFlight, random);
    this.#storage.capacityBytes = Number.POSITIVE_INFINITY;
  }
}
