import type { Log } from '@wal/core';
import { SimDisk, SimRandom, SimScheduler, settle } from '../sim-disk/index.ts';
import type { DiskCrash } from './crash-capability.ts';
import { type CheckOdds, CrashChecker } from './crash-checker.ts';
import { CrashFailure } from './crash-failure.ts';
import { randomFaults, shortReads } from './disk-faults.ts';
import { DIRECTORY, newStorage } from './disk-world.ts';
import { finishSome } from './killed-process.ts';
import { emptyState, type LogState, readState } from './log-state.ts';
import { openAtLast } from './open-at-last.ts';
import { Oracle } from './oracle.ts';
import { Program } from './program.ts';
import { TrackedLog } from './tracked-log.ts';
import { VirtualTimers } from './virtual-timers.ts';

/** What kind of run: everything else about it follows from the seed. */
export interface DiskCrashRunOptions extends CheckOdds {
  /** Errors at random calls, and too little space. */
  readonly hasFaults?: boolean;
  /** Errors of writes and syncs alone, this often. */
  readonly faultRate?: number;
  /** How many crash states are looked at before each call to the disk. Default 1. */
  readonly statesPerStep?: number;
  /** How many times the log is opened, used and cut off, each time on what the last left. Default 4. */
  readonly generations?: number;
  /** How many operations are called at most from an opening to its closing. Default 24. */
  readonly operations?: number;
}

/** One seeded run: a log lives through several generations and is judged at each of its disk's calls. */
export class DiskCrashRun {
  readonly #crash: DiskCrash;
  readonly #seed: number;
  readonly #options: DiskCrashRunOptions;
  readonly #random: SimRandom;
  readonly #timers = new VirtualTimers();
  readonly #oracle: Oracle;
  readonly #checker: CrashChecker;
  #storage = newStorage();
  #isOver = false;
  /** No faults: what is read is judged. */
  #isCalm = false;

  constructor(crash: DiskCrash, seed: number, options: DiskCrashRunOptions = {}) {
    this.#crash = crash;
    this.#seed = seed;
    this.#options = options;
    this.#random = new SimRandom(seed);
    this.#oracle = new Oracle(emptyState(1), crash.flush === undefined);
    this.#checker = new CrashChecker(crash, this.#random, this.#timers, options);
  }

  /** Runs to the end. @returns how many crash states were recovered from and judged. */
  async run(): Promise<number> {
    this.#timers.install();
    try {
      for (let i = 0; i < (this.#options.generations ?? 4); i++) await this.#generation();
      return this.#checker.states;
    } catch (error) {
      throw new CrashFailure(this.#seed, this.#options, error, this.#oracle.history);
    } finally {
      this.#timers.uninstall();
      await this.#timers.breathe();
    }
  }

  /** Opens the log, uses it, and cuts it off somewhere. */
  async #generation(): Promise<void> {
    const random = this.#random;
    let failure: unknown;
    let stepsLeft = random.chance(0.6) ? random.integer(1, 100) : random.integer(40, 600);
    let endIt: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      endIt = resolve;
    });
    const scheduler = new SimScheduler(new SimRandom(random.seed()), () => {
      if (failure !== undefined) return undefined;
      if (stepsLeft-- <= 0) {
        scheduler.stop();
        endIt();
        return undefined;
      }
      return this.#step(disk).catch((error: unknown) => {
        failure = error;
        scheduler.stop();
        endIt();
      });
    });
    const disk = this.#newDisk(scheduler);
    this.#isOver = false;
    const lived = this.#live(disk).catch((error: unknown) => {
      failure ??= error;
    });
    await Promise.race([lived, ended]);
    this.#isOver = true;
    scheduler.stop();
    if (failure !== undefined) throw failure;
    this.#cutOff(disk);
  }

  #newDisk(scheduler: SimScheduler): SimDisk {
    const random = new SimRandom(this.#random.seed());
    const { hasFaults, faultRate } = this.#options;
    const shortRead = shortReads(new SimRandom(this.#random.seed()));
    const faultAt =
      hasFaults === true ? randomFaults(random, this.#storage, faultRate) : () => undefined;
    return new SimDisk(this.#storage, {
      random,
      gate: scheduler.gate,
      fault: (call) => (this.#isCalm ? undefined : faultAt(call)) ?? shortRead(call),
    });
  }

  /** One process: opens, works, perhaps closes and opens again. */
  async #live(disk: SimDisk): Promise<void> {
    for (;;) {
      const log = await this.#openAtLast(disk);
      if (log === undefined || this.#isOver) return;
      const excuse = this.#options.hasFaults === true ? 'faults' : 'none';
      const tracked = new TrackedLog(log, this.#oracle, excuse);
      this.#checker.log = tracked;
      const state = await this.#read(log);
      this.#checker.judge(state, this.#oracle.allowed(), 'opened');
      this.#oracle.rebase(state);
      const { extras } = this.#crash;
      const { operations } = this.#options;
      const program = new Program(tracked, this.#random, this.#timers, extras, operations);
      await program.run(() => this.#isOver);
      if (this.#isOver) return;
      await this.#judgeIdle(log, program);
      await this.#close(tracked, disk);
      if (this.#random.chance(0.3)) return;
    }
  }

  async #close(tracked: TrackedLog, disk: SimDisk): Promise<void> {
    const closing = this.#oracle.begin('close', 'barrier', (same) => same);
    this.#checker.log = undefined;
    try {
      await this.#timers.until(tracked.log.close());
      // A log that said that it writes no more has nothing to promise.
      this.#oracle.end(closing, tracked.isPoisoned ? 'unknown' : 'done');
    } catch (error) {
      if (this.#options.hasFaults !== true) throw error;
      this.#oracle.end(closing, 'unknown');
    }
    await settle();
    if (disk.openFiles > 0) throw new Error(`${disk.openFiles} files open after close`);
    this.#timers.fire();
    // The log is closed, or poisoned: what it may hold is what an opening may find.
    this.#oracle.crash();
  }

  /** With faults an opening may fail; without them it must not. */
  #openAtLast(disk: SimDisk): Promise<Log | undefined> {
    const open = (): Promise<Log> => this.#timers.until(this.#crash.open(disk, DIRECTORY));
    const { hasFaults } = this.#options;
    return hasFaults === true ? openAtLast(open, disk, this.#oracle.history) : open();
  }

  async #read(log: Log): Promise<LogState> {
    this.#isCalm = true;
    try {
      return await this.#timers.until(readState(log));
    } finally {
      this.#isCalm = false;
    }
  }

  async #judgeIdle(log: Log, program: Program): Promise<void> {
    const state = await this.#read(log);
    // A handle that failed for good may have readers see less than what became durable.
    if (!program.isPoisoned) this.#oracle.checkPresent(state);
    else this.#checker.judge(state, this.#oracle.allowed(), 'poisoned');
  }

  async #step(disk: SimDisk): Promise<void> {
    const allowed = this.#checker.visible(this.#oracle.allowed());
    const { inFlight } = disk;
    for (let i = 0; i < (this.#options.statesPerStep ?? 1); i++) {
      await this.#checker.check(this.#storage, inFlight, allowed);
    }
  }

  /** The process dies; and in most cases the machine with it. */
  #cutOff(disk: SimDisk): void {
    const random = this.#random;
    const { inFlight } = disk;
    this.#oracle.crash();
    this.#checker.log = undefined;
    disk.kill();
    this.#timers.abandon();
    const isPowerLoss = random.chance(0.6);
    this.#oracle.history.push(isPowerLoss ? 'power loss' : 'kill');
    if (isPowerLoss) this.#storage = this.#storage.afterPowerLoss(random, inFlight);
    else finishSome(this.#storage, inFlight, random);
    this.#storage.capacityBytes = Number.POSITIVE_INFINITY;
  }
}
