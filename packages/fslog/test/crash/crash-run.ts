import {
  SimDisk,
  type SimDiskOptions,
  SimRandom,
  SimScheduler,
  SimStorage,
  settle,
} from '@wal/conformance';
import { type Disk, isLogError } from '@wal/core';
import { type FsLog, type FsLogOptions, openFsLog } from '@wal/fslog';
import { CrashChecker } from './crash-checker.ts';
import { faultsFor } from './faults.ts';
import { emptyState, isSameState, type LogState, readState, showState } from './log-state.ts';
import { Oracle } from './oracle.ts';
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
  /** How many crash states are looked at before each call to the disk. Default 1. */
  readonly statesPerStep?: number;
  /** How many times the log is opened, used and cut off, each time on what the last left. Default 4. */
  readonly generations?: number;
  /** Puts something between a log and its disk: a planted bug. */
  readonly wrap?: (disk: Disk) => Disk;
}

const DIRECTORY = '/log';

/** One seeded run: a log lives through several generations and is judged at each of its disk's calls. */
export class CrashRun {
  readonly #seed: number;
  readonly #options: CrashRunOptions;
  readonly #random: SimRandom;
  readonly #timers = new VirtualTimers();
  readonly #oracle: Oracle;
  readonly #checker: CrashChecker;
  #storage = new SimStorage();
  #isOver = false;
  /** No faults: what is read is judged. */
  #isCalm = false;

  constructor(seed: number, options: CrashRunOptions = {}) {
    this.#seed = seed;
    this.#options = options;
    this.#random = new SimRandom(seed);
    this.#oracle = new Oracle(emptyState(1), (options.durability ?? 'sync') === 'sync');
    this.#checker = new CrashChecker((disk) => this.#open(disk), this.#random);
  }

  /** Runs to the end. @returns how many crash states were recovered from and judged. */
  async run(): Promise<number> {
    this.#timers.install();
    try {
      for (let i = 0; i < (this.#options.generations ?? 4); i++) await this.#generation();
      return this.#checker.states;
    } catch (error) {
      const { history } = this.#oracle;
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      throw new Error(
        `CRASH_SEED=${this.#seed} ${JSON.stringify(this.#options)}\n${text}\n--- history\n` +
          history.slice(-40).join('\n'),
        { cause: error },
      );
    } finally {
      this.#timers.uninstall();
      await breathe();
    }
  }

  async #open(disk: SimDisk): Promise<FsLog> {
    const { durability = 'sync', preallocate = true, wrap } = this.#options;
    return await openFsLog(DIRECTORY, {
      disk: wrap?.(disk) ?? disk,
      segmentBytes: 4096,
      durability,
      preallocate,
    });
  }

  /** Opens the log, uses it, and cuts it off somewhere. */
  async #generation(): Promise<void> {
    const random = this.#random;
    let failure: unknown;
    let stepsLeft = random.chance(0.3) ? random.integer(1, 60) : random.integer(40, 600);
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
    const options: SimDiskOptions = { random, gate: scheduler.gate };
    const faults =
      this.#options.hasFaults === true
        ? faultsFor(random, this.#storage, () => this.#isCalm, this.#options.faultRate)
        : {};
    return new SimDisk(this.#storage, { ...options, ...faults });
  }

  /** One process: opens, works, perhaps closes and opens again. */
  async #live(disk: SimDisk): Promise<void> {
    for (;;) {
      const log = await this.#openAtLast(disk);
      if (log === undefined || this.#isOver) return;
      this.#checker.log = log;
      const state = await this.#read(log);
      this.#checker.judge(state, this.#oracle.allowed(), 'opened');
      this.#oracle.rebase(state);
      const program = new Program(log, this.#oracle, this.#random, this.#timers);
      await program.run(() => this.#isOver);
      if (this.#isOver) return;
      await this.#judgeIdle(log, program);
      const closing = this.#oracle.begin('close', 'barrier', (same) => same);
      this.#checker.log = undefined;
      try {
        await log.close();
        // A log that said that it writes no more has nothing to promise.
        this.#oracle.end(closing, program.isPoisoned ? 'unknown' : 'done');
      } catch (error) {
        if (this.#options.hasFaults !== true) throw error;
        this.#oracle.end(closing, 'unknown');
      }
      await settle();
      if (disk.openFiles > 0) throw new Error(`${disk.openFiles} files open after close`);
      this.#timers.fire();
      // The log is closed, or poisoned: what it may hold is what an opening may find.
      this.#oracle.crash();
      if (this.#random.chance(0.3)) return;
    }
  }

  /** With faults an opening may fail, with an error that says so; without them it must not. */
  async #openAtLast(disk: SimDisk): Promise<FsLog | undefined> {
    for (let attempt = 0; attempt < 3; attempt++) {
      try {
        return await this.#open(disk);
      } catch (error) {
        const isExcused =
          isLogError(error, 'ERR_LOG_NO_SPACE') ||
          isLogError(error, 'ERR_LOG_FAILED') ||
          isLogError(error, 'ERR_LOG_READ_ONLY');
        if (this.#options.hasFaults !== true || !isExcused) throw error;
        if (disk.openFiles > 0) throw new Error(`${disk.openFiles} files open after: ${error}`);
        this.#oracle.history.push(`open: ${String(error)}`);
      }
    }
    return undefined;
  }

  async #read(log: FsLog): Promise<LogState> {
    this.#isCalm = true;
    try {
      return await readState(log);
    } finally {
      this.#isCalm = false;
    }
  }

  async #judgeIdle(log: FsLog, program: Program): Promise<void> {
    const { present } = this.#oracle;
    const state = await this.#read(log);
    // A handle that failed for good may have readers see less than what became durable.
    if (!program.isPoisoned && !isSameState(state, present)) {
      throw new Error(`reads ${showState(state)}\nmust be ${showState(present)}`);
    }
    if (program.isPoisoned) this.#checker.judge(state, this.#oracle.allowed(), 'poisoned');
  }

  async #step(disk: SimDisk): Promise<void> {
    const saved = this.#timers.save();
    const allowed = this.#oracle.allowed();
    const { durability = 'sync' } = this.#options;
    const visible = durability === 'sync' ? this.#checker.visible(allowed) : allowed;
    for (let i = 0; i < (this.#options.statesPerStep ?? 1); i++) {
      await this.#checker.check(this.#storage, disk.inFlight, visible);
    }
    this.#timers.restore(saved);
  }

  /** The process dies; and in most cases the machine with it. */
  #cutOff(disk: SimDisk): void {
    const random = this.#random;
    const { inFlight } = disk;
    this.#oracle.crash();
    this.#checker.log = undefined;
    disk.kill();
    this.#timers.save();
    const isPowerLoss = random.chance(0.6);
    this.#oracle.history.push(isPowerLoss ? 'power loss' : 'kill');
    if (isPowerLoss) {
      this.#storage = this.#storage.afterPowerLoss(random, inFlight);
    } else {
      for (const effect of inFlight) {
        if (!random.chance(0.5)) continue;
        try {
          effect(this.#storage);
        } catch {
          // It would have failed.
        }
      }
    }
    this.#storage.capacityBytes = Number.POSITIVE_INFINITY;
  }
}
