import type { LogFixture, LogPlace } from '../fixture.ts';
import { SimRandom } from '../sim-disk/index.ts';
import { type DiskCrash, isDiskCrash, type PlaceCrash } from './crash-capability.ts';
import type { CrashScript } from './crash-script.ts';
import { DiskCrashRun, type DiskCrashRunOptions } from './disk-crash-run.ts';
import { FAULTS } from './disk-faults.ts';
import { DiskScriptRun } from './disk-script-run.ts';
import { PlaceCrashRun, type PlaceCrashRunOptions } from './place-crash-run.ts';
import { smallerFailure } from './smaller-failure.ts';

/**
 * Crashes a backend in the ways that its fixture makes possible, and gives how many crash states were judged. Rejects
 * when a log is not what it may be.
 */
export interface CrashDriver {
  /** Runs a script and crashes it at every moment. */
  everywhere(script: CrashScript): Promise<number>;
  /** Runs a script on storage that fails, and crashes it. */
  failing(script: CrashScript): Promise<number>;
  /** Random use, crashed at random. */
  atRandom(): Promise<number>;
  /** Random use, crashed at random, and crashed again while it is opened. */
  whileOpening(): Promise<number>;
  /** Random use of storage that fails at random, crashed at random. */
  failingAtRandom(): Promise<number>;
}

/** A driver for what the fixture says of crashes. `scale` multiplies how much it tries. */
export function crashDriver(fixture: LogFixture, seed: number, scale: number): CrashDriver {
  const { crash } = fixture.capabilities;
  if (crash === undefined) throw new Error('the fixture does not say how to crash');
  return isDiskCrash(crash)
    ? new DiskDriver(crash, seed >>> 0, scale)
    : new PlaceDriver(fixture, crash, seed >>> 0, scale);
}

/** Crash states that a test of random runs recovers from, at least. */
const RANDOM_STATES = 1500;
/** Crash states before each call of a script. */
const SCRIPT_STATES = 4;
/** Runs of a script in which one call fails. */
const FAILING_RUNS = 25;

class DiskDriver implements CrashDriver {
  readonly #crash: DiskCrash;
  readonly #seed: number;
  readonly #scale: number;

  constructor(crash: DiskCrash, seed: number, scale: number) {
    this.#crash = crash;
    this.#seed = seed;
    this.#scale = scale;
  }

  async everywhere(script: CrashScript): Promise<number> {
    const statesPerStep = Math.ceil(SCRIPT_STATES * this.#scale);
    const run = new DiskScriptRun(this.#crash, script, this.#seed, { statesPerStep });
    return (await run.run()).states;
  }

  /**
   * One call fails in each run, in one of the ways that it can: every call of a log that makes few of them, of
   * others a sample that grows with the scale.
   */
  async failing(script: CrashScript): Promise<number> {
    let states = 0;
    const faults = Object.values(FAULTS);
    const { calls } = await new DiskScriptRun(this.#crash, script, this.#seed, {
      statesPerStep: 0,
    }).run();
    const stride = calls / (FAILING_RUNS * this.#scale);
    const offset = new SimRandom(this.#seed).fraction() * stride;
    for (let i = 0, n = 0; n < calls; i++) {
      // A smaller stride than a call tries the same one again, in another way.
      n = Math.floor(offset + i * stride) + 1;
      const seed = this.#seed + i;
      const run = new DiskScriptRun(this.#crash, script, this.#seed, {
        statesPerStep: seed % 8 === 0 ? 1 : 0,
        fault: (call) => {
          if (call.number !== n || call.kind === 'release') return undefined;
          const ways = call.kind === 'write' ? faults : faults.slice(0, 1);
          return ways[seed % ways.length]?.(call, seed);
        },
      });
      states += (await run.run()).states;
    }
    return states;
  }

  atRandom(): Promise<number> {
    return this.#runs({});
  }

  whileOpening(): Promise<number> {
    return this.#runs({ cutsWhileOpening: 0.8, goesOn: 1 });
  }

  failingAtRandom(): Promise<number> {
    return this.#runs({ hasFaults: true }, { hasFaults: true, faultRate: 0.05 });
  }

  async #runs(...kinds: readonly [DiskCrashRunOptions, ...DiskCrashRunOptions[]]): Promise<number> {
    const wanted = RANDOM_STATES * this.#scale;
    let states = 0;
    for (let i = 0; states < wanted; i++) {
      const seed = this.#seed + i;
      const options = kinds[seed % kinds.length] ?? kinds[0];
      try {
        states += await new DiskCrashRun(this.#crash, seed, options).run();
      } catch (error) {
        throw (await smallerFailure(this.#crash, seed, options)) ?? error;
      }
    }
    return states;
  }
}

/** Runs of a few crashes each that a test of random runs makes. */
const RANDOM_RUNS = 4;
const CRASHES_PER_RUN = 3;

class PlaceDriver implements CrashDriver {
  readonly #fixture: LogFixture;
  readonly #crash: PlaceCrash;
  readonly #seed: number;
  readonly #scale: number;

  constructor(fixture: LogFixture, crash: PlaceCrash, seed: number, scale: number) {
    this.#fixture = fixture;
    this.#crash = crash;
    this.#seed = seed;
    this.#scale = scale;
  }

  everywhere(script: CrashScript): Promise<number> {
    return this.#script(script, {});
  }

  failing(script: CrashScript): Promise<number> {
    return this.#script(script, { failAppends: this.#fixture.capabilities.failAppends });
  }

  atRandom(): Promise<number> {
    return this.#runs({});
  }

  whileOpening(): Promise<number> {
    return this.#runs({ opensAgain: 1 });
  }

  failingAtRandom(): Promise<number> {
    return this.#runs({ failAppends: this.#fixture.capabilities.failAppends });
  }

  async #script(script: CrashScript, options: PlaceCrashRunOptions): Promise<number> {
    let states = 0;
    for (let again = 0; again < this.#scale; again++) {
      for (let event = 0, isReached = true; isReached; event++) {
        states += await this.#run(this.#seed + again, options, async (run) => {
          isReached = await run.script(script, event);
        });
      }
    }
    return states;
  }

  async #runs(options: PlaceCrashRunOptions): Promise<number> {
    let states = 0;
    for (let i = 0; i < RANDOM_RUNS * this.#scale; i++) {
      states += await this.#run(this.#seed + i, options, (run) => run.run(CRASHES_PER_RUN));
    }
    return states;
  }

  /** A run in a place of its own. */
  async #run(
    seed: number,
    options: PlaceCrashRunOptions,
    body: (run: PlaceCrashRun) => Promise<void>,
  ): Promise<number> {
    const place: LogPlace = await this.#fixture.place();
    try {
      const run = new PlaceCrashRun(place, this.#crash, seed, options);
      await body(run);
      return run.states;
    } finally {
      await place.destroy();
    }
  }
}
