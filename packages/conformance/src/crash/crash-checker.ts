import type { Log } from '@wal/core';
import { type InFlight, SimDisk, type SimRandom, type SimStorage } from '../sim-disk/index.ts';
import type { DiskCrash } from './crash-capability.ts';
import { crashRecord } from './crash-record.ts';
import { DIRECTORY } from './disk-world.ts';
import { appended, isSameState, type LogState, readState, showState } from './log-state.ts';
import { checkAllowed, visibleStates } from './oracle.ts';
import type { Pace } from './pace.ts';
import type { TrackedLog } from './tracked-log.ts';
import type { VirtualTimers } from './virtual-timers.ts';

/** How likely it is that more is done with what a power cut left than to open it. */
export interface CheckOdds {
  /** The power is cut again while it is opened; and once more, as likely. Default 0.3. */
  readonly cutsWhileOpening?: number;
  /** The log goes on, and is opened once more (CRASH-2). Default 0.25. */
  readonly goesOn?: number;
}

/** Recovers from what power cuts leave, and judges what is found. */
export class CrashChecker {
  /** The log that is cut off, once it is open: what it shows must survive. */
  log: TrackedLog | undefined;
  /** How many states were recovered from. */
  states = 0;
  readonly #crash: DiskCrash;
  readonly #random: SimRandom;
  readonly #timers: VirtualTimers;
  readonly #odds: CheckOdds;
  /** The calls that opening took last. */
  #openingCalls = 10;

  constructor(crash: DiskCrash, random: SimRandom, timers: VirtualTimers, odds: CheckOdds = {}) {
    this.#crash = crash;
    this.#random = random;
    this.#timers = timers;
    this.#odds = odds;
  }

  /** Of what is allowed, what remains so in view of what the log's readers can see already (READ-1). */
  visible(allowed: readonly LogState[]): readonly LogState[] {
    if (this.log === undefined || this.#crash.flush !== undefined) return allowed;
    return visibleStates(allowed, this.log.log, this.log.isPoisoned);
  }

  judge(state: LogState, allowed: readonly LogState[], what: string): void {
    checkAllowed(state, allowed, what);
  }

  /** Cuts the power once, now, and opens what is left: at once, or after more cuts while it is opened. */
  check(
    storage: SimStorage,
    inFlight: readonly InFlight[],
    allowed: readonly LogState[],
  ): Promise<void> {
    const { cutsWhileOpening = 0.3, goesOn = 0.25 } = this.#odds;
    const random = this.#random;
    return this.#timers.aside(async (until) => {
      let left = storage.afterPowerLoss(random, inFlight);
      for (let depth = 0; depth < 2 && random.chance(cutsWhileOpening); depth++) {
        left = await this.#cutWhileOpening(left, until);
      }
      this.#giveRoom(left);
      const disk = new SimDisk(left);
      const { log, state } = await this.#opened(disk, until);
      this.judge(state, allowed, 'recovered');
      if (random.chance(goesOn)) await this.#goOn(disk, log, state, until);
      disk.kill();
    });
  }

  #giveRoom(storage: SimStorage): void {
    if (this.#crash.opensWhenFull?.(storage) !== true) {
      storage.capacityBytes = Number.POSITIVE_INFINITY;
    }
  }

  /** Opens and reads. */
  async #opened(disk: SimDisk, until: Pace['until']): Promise<{ log: Log; state: LogState }> {
    this.states++;
    const log = await until(this.#crash.open(disk, DIRECTORY));
    this.#openingCalls = disk.calls;
    return { log, state: await until(readState(log)) };
  }

  /** What a power cut leaves while the log is being opened: at a random call, with that call in flight. */
  async #cutWhileOpening(storage: SimStorage, until: Pace['until']): Promise<SimStorage> {
    this.states++;
    const random = this.#random;
    let callsLeft = random.integer(0, this.#openingCalls);
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
    this.#giveRoom(storage);
    await Promise.race([isCut, until(this.#crash.open(disk, DIRECTORY))]);
    const left = storage.afterPowerLoss(random, disk.inFlight);
    disk.kill();
    return left;
  }

  /** What was found once is found again (CRASH-2), and goes on from there. */
  async #goOn(disk: SimDisk, log: Log, state: LogState, until: Pace['until']): Promise<void> {
    const random = this.#random;
    let expected = state;
    disk.storage.capacityBytes = Number.POSITIVE_INFINITY;
    if (random.chance(0.5)) {
      const record = crashRecord(random, random.integer(1, 40));
      const { firstId } = await until(log.append(record));
      if (firstId !== state.nextId) throw new Error(`appended ${firstId}, not ${state.nextId}`);
      if (this.#crash.flush !== undefined) await until(this.#crash.flush(log));
      expected = appended(state, [record]);
    }
    if (random.chance(0.3)) {
      await until(log.close());
      if (disk.openFiles > 0) throw new Error(`${disk.openFiles} files open after close`);
    }
    const again = await this.#opened(
      new SimDisk(disk.storage.afterPowerLoss(random, disk.inFlight)),
      until,
    );
    if (!isSameState(again.state, expected)) {
      throw new Error(`found ${showState(expected)}\nthen ${showState(again.state)}`);
    }
  }
}
