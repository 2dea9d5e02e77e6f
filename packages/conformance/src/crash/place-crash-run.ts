import type { Log } from '@wal/core';
import type { LogPlace } from '../fixture.ts';
import { SimRandom } from '../sim-disk/index.ts';
import { macrotask, microtasks } from '../waiting.ts';
import type { PlaceCrash } from './crash-capability.ts';
import { CrashFailure } from './crash-failure.ts';
import type { CrashScript } from './crash-script.ts';
import { emptyState, isSameState, readState, showState } from './log-state.ts';
import { checkAllowed, Oracle } from './oracle.ts';
import { REAL_TIME } from './pace.ts';
import { Program } from './program.ts';
import { TrackedLog } from './tracked-log.ts';

/** Uses a log until it is done, or `isOver`. */
type Use = (log: TrackedLog, isOver: () => boolean) => Promise<void>;

/** Makes the storage of a place fail the appends that start from now on, until the function it gives is called. */
export type FailAppends = (place: LogPlace) => () => void;

export interface PlaceCrashRunOptions {
  /** How likely an opening is crashed, and how likely it is made twice. Default 0.3. */
  readonly opensAgain?: number;
  /** Called in the middle of each use. */
  readonly failAppends?: FailAppends | undefined;
}

/** One seeded run: the log of a place is used, crashed, opened and judged, several times over. */
export class PlaceCrashRun {
  /** How many times what a crash has left was judged. */
  states = 0;
  readonly #place: LogPlace;
  readonly #crash: PlaceCrash;
  readonly #seed: number;
  readonly #options: PlaceCrashRunOptions;
  readonly #random: SimRandom;
  readonly #oracle: Oracle;
  #stopFailing: (() => void) | undefined;

  constructor(
    place: LogPlace,
    crash: PlaceCrash,
    seed: number,
    options: PlaceCrashRunOptions = {},
  ) {
    this.#place = place;
    this.#crash = crash;
    this.#seed = seed;
    this.#options = options;
    this.#random = new SimRandom(seed);
    this.#oracle = new Oracle(emptyState(1), true, options.failAppends !== undefined);
  }

  /** Crashes random uses at random moments. */
  async run(crashes: number): Promise<void> {
    await this.#explained('random', async () => {
      for (let i = 0; i < crashes; i++) {
        await this.#crashIn((log, isOver) => this.#useAtRandom(log, isOver), this.#moment());
      }
      await this.#opened();
    });
  }

  /**
   * Runs a script and crashes at one of its events: a call, or the end of one.
   * @returns whether it had so many.
   */
  async script(script: CrashScript, atEvent: number): Promise<boolean> {
    const use: Use = (log) => {
      // What is called first gets through: there is something to lose.
      const settled = (): Promise<void> => log.settled().then(() => this.#startFailing());
      return script.run({ log, settled, random: this.#random, extras: [] });
    };
    return await this.#explained(`${script.title}, event ${atEvent}`, async () => {
      const isReached = await this.#crashIn(use, atEvent);
      await this.#opened();
      return isReached;
    });
  }

  async #explained<T>(what: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw new CrashFailure(this.#seed, { what }, error, this.#oracle.history);
    }
  }

  #moment(): number {
    return this.#random.integer(0, 40);
  }

  async #useAtRandom(log: TrackedLog, isOver: () => boolean): Promise<void> {
    const random = this.#random;
    const use = (): Promise<void> => new Program(log, random, REAL_TIME).run(isOver);
    await use();
    if (this.#options.failAppends === undefined || isOver()) return;
    this.#startFailing();
    await use();
    if (isOver() || random.chance(0.5)) return;
    this.#endFailing();
    await use();
  }

  #startFailing(): void {
    this.#stopFailing ??= this.#options.failAppends?.(this.#place);
  }

  #endFailing(): void {
    this.#stopFailing?.();
    this.#stopFailing = undefined;
  }

  /** @returns whether the use had so many events. */
  async #crashIn(use: Use, atEvent: number): Promise<boolean> {
    const log = await this.#opened();
    let events = 0;
    let isOver = false;
    let reach: () => void = () => undefined;
    const reached = new Promise<void>((resolve) => {
      reach = resolve;
    });
    const excuse = this.#options.failAppends === undefined ? 'none' : 'faults';
    const tracked = new TrackedLog(log, this.#oracle, excuse, () => {
      if (events++ === atEvent) reach();
    });
    const used = use(tracked, () => isOver);
    await Promise.race([used, reached]);
    const isReached = events > atEvent;
    if (!isReached && !tracked.isPoisoned && this.#random.chance(0.5)) await log.close();
    else await this.#someTime();
    isOver = true;
    tracked.check();
    tracked.detach();
    used.catch(() => undefined); // Whatever the ended log answers.
    await this.#kill();
    return isReached;
  }

  /** Opens after a crash, at once or after a crash in the middle of that, and judges what is found. */
  async #opened(): Promise<Log> {
    const { opensAgain = 0.3 } = this.#options;
    const random = this.#random;
    if (random.chance(opensAgain)) {
      this.#place.open().catch(() => undefined);
      await this.#someTime();
      await this.#kill();
    }
    let log = await this.#place.open();
    const state = await readState(log);
    this.states++;
    checkAllowed(state, this.#oracle.allowed());
    this.#oracle.rebase(state);
    if (random.chance(opensAgain)) {
      await this.#kill();
      log = await this.#place.open();
      const again = await readState(log);
      // What was found once is found again (CRASH-2).
      if (!isSameState(state, again)) {
        throw new Error(`found ${showState(state)}\nthen ${showState(again)}`);
      }
    }
    return log;
  }

  async #kill(): Promise<void> {
    this.#endFailing();
    await this.#crash.kill(this.#place, this.#random);
    this.#oracle.crash();
  }

  async #someTime(): Promise<void> {
    const random = this.#random;
    if (random.chance(0.5)) await microtasks(random.integer(0, 20));
    else for (let left = random.integer(0, 3); left > 0; left--) await macrotask();
  }
}
