import { isLogError, type Log } from '@wal/core';
import {
  type SimCall,
  SimDisk,
  type SimFault,
  SimRandom,
  SimScheduler,
  settle,
} from '../sim-disk/index.ts';
import type { DiskCrash } from './crash-capability.ts';
import { CrashChecker } from './crash-checker.ts';
import { CrashFailure } from './crash-failure.ts';
import type { CrashScript } from './crash-script.ts';
import type { FaultAt } from './disk-faults.ts';
import { DIRECTORY, newStorage } from './disk-world.ts';
import { emptyState, type LogState, readState } from './log-state.ts';
import { Oracle } from './oracle.ts';
import { TrackedLog } from './tracked-log.ts';
import { VirtualTimers } from './virtual-timers.ts';

export interface DiskScriptRunOptions {
  /** How many crash states are tried before each call. */
  readonly statesPerStep: number;
  readonly fault?: FaultAt;
}

/** What a run has seen. */
export interface DiskScriptRunResult {
  readonly states: number;
  readonly calls: number;
}

/** Runs a script from a new log to its closing, twice, and cuts the power before every call. */
export class DiskScriptRun {
  readonly #crash: DiskCrash;
  readonly #script: CrashScript;
  readonly #seed: number;
  readonly #options: DiskScriptRunOptions;
  readonly #random: SimRandom;
  readonly #timers = new VirtualTimers();
  readonly #storage = newStorage();
  readonly #oracle: Oracle;
  readonly #checker: CrashChecker;
  readonly #disk: SimDisk;
  readonly #scheduler: SimScheduler;
  #failure: unknown;
  /** No faults: what is read is judged. */
  #isCalm = false;
  /** The power is cut at least once after each error. */
  #hasJustFailed = false;

  constructor(crash: DiskCrash, script: CrashScript, seed: number, options: DiskScriptRunOptions) {
    this.#crash = crash;
    this.#script = script;
    this.#seed = seed;
    this.#options = options;
    this.#random = new SimRandom(seed);
    this.#oracle = new Oracle(emptyState(1), crash.flush === undefined);
    this.#checker = new CrashChecker(crash, this.#random, this.#timers);
    this.#scheduler = new SimScheduler(this.#random, () => this.#step());
    this.#disk = new SimDisk(this.#storage, {
      gate: this.#scheduler.gate,
      random: this.#random,
      fault: (call) => this.#faultAt(call),
    });
  }

  async run(): Promise<DiskScriptRunResult> {
    this.#timers.install();
    try {
      for (let life = 0; life < 2; life++) await this.#live();
      await this.#step();
      if (this.#failure !== undefined) throw this.#failure;
      const again = await this.#timers.until(
        this.#crash.open(new SimDisk(this.#storage, { stealsLock: true }), DIRECTORY),
      );
      this.#checker.judge(await readState(again), this.#oracle.allowed(), 'reopened');
      return { states: this.#checker.states, calls: this.#disk.calls };
    } catch (error) {
      const { title } = this.#script;
      throw new CrashFailure(this.#seed, { script: title }, error, this.#oracle.history);
    } finally {
      this.#scheduler.stop();
      this.#timers.uninstall();
      await this.#timers.breathe();
    }
  }

  #faultAt(call: SimCall): SimFault | undefined {
    const fault = this.#isCalm ? undefined : this.#options.fault?.(call);
    this.#hasJustFailed ||= fault?.error !== undefined;
    return fault;
  }

  async #step(): Promise<void> {
    if (this.#failure !== undefined) return;
    const { statesPerStep } = this.#options;
    const states = this.#hasJustFailed ? Math.max(1, statesPerStep) : statesPerStep;
    this.#hasJustFailed = false;
    const allowed = this.#oracle.allowed();
    const { inFlight } = this.#disk;
    try {
      for (let i = 0; i < states; i++) {
        await this.#checker.check(this.#storage, inFlight, allowed);
      }
    } catch (error) {
      this.#failure = error;
    }
  }

  /** Opens, runs the script, closes. A call that was made to fail may make any of these fail, with a code. */
  async #live(): Promise<void> {
    const timers = this.#timers;
    const oracle = this.#oracle;
    const log = await this.#openAtLast();
    const found = await this.#read(log);
    this.#checker.judge(found, oracle.allowed(), 'opened');
    oracle.rebase(found);
    const excuse = this.#options.fault === undefined ? 'none' : 'faults';
    const tracked = new TrackedLog(log, oracle, excuse);
    const settled = (): Promise<void> => timers.until(tracked.settled());
    const { extras = [] } = this.#crash;
    await this.#script.run({ log: tracked, settled, random: this.#random, extras });
    timers.fire();
    await settle();
    if (!tracked.isPoisoned) oracle.checkPresent(await this.#read(log));
    await this.#close(tracked);
  }

  async #openAtLast(): Promise<Log> {
    const open = (): Promise<Log> => this.#timers.until(this.#crash.open(this.#disk, DIRECTORY));
    try {
      return await open();
    } catch (error) {
      const isExcused = this.#options.fault !== undefined && isLogError(error);
      if (!isExcused || isLogError(error, 'ERR_LOG_CORRUPT')) throw error;
      if (this.#disk.openFiles > 0) {
        throw new Error(`${this.#disk.openFiles} files open after ${error}`);
      }
      this.#oracle.history.push(String(error));
      return await open();
    }
  }

  async #close(tracked: TrackedLog): Promise<void> {
    const oracle = this.#oracle;
    const closing = oracle.begin('close', 'barrier', (same) => same);
    try {
      await this.#timers.until(tracked.log.close());
      oracle.end(closing, tracked.isPoisoned ? 'unknown' : 'done');
    } catch (error) {
      if (this.#options.fault === undefined) throw error;
      oracle.history.push(String(error));
      oracle.end(closing, 'unknown');
    }
    if (this.#disk.openFiles > 0) throw new Error(`${this.#disk.openFiles} files open after close`);
    oracle.crash();
  }

  async #read(log: Log): Promise<LogState> {
    this.#isCalm = true;
    try {
      return await this.#timers.until(readState(log));
    } finally {
      this.#isCalm = false;
    }
  }
}
