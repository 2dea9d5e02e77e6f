import { settle } from '../sim-disk/index.ts';
import type { Pace } from './pace.ts';

type Callback = (...args: unknown[]) => void;

interface Timer {
  readonly call: () => void;
  readonly repeats: boolean;
  unref(): Timer;
  ref(): Timer;
}

/** Turns of the event loop in which nothing but timers happens, before a wait is given up: some seconds. */
const MOST_IDLE_TURNS = 2000;
/** So many of them come at once where the runtime can do that; the others take their time. */
const QUICK_TURNS = 100;

const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
const { setImmediate } = globalThis as { setImmediate?: (call: () => void) => unknown };

/**
 * The timers of the logs under test: they fire when a test says so, or when nothing else is left to happen.
 * Only a log that gets its timers from `globalThis` is given these.
 */
export class VirtualTimers implements Pace {
  /** Whose timers are those of `globalThis`. */
  static #installed: VirtualTimers | undefined;
  #timers: Timer[] = [];
  /** Who waits now, each with whether it does so aside. */
  readonly #waits = new Map<object, boolean>();
  /** Resolves when what is done aside is done. */
  #aside: Promise<unknown> | undefined;

  /** Takes the place of the system's timers until `uninstall`. Throws if others have. */
  install(): void {
    if (VirtualTimers.#installed !== undefined) {
      throw new Error(
        'another run of crashes is under way: do not run these tests beside one another',
      );
    }
    VirtualTimers.#installed = this;
    const setter =
      (repeats: boolean) =>
      (call: Callback, _ms?: number, ...args: unknown[]): Timer => {
        const timer: Timer = {
          call: () => call(...args),
          repeats,
          ref: () => timer,
          unref: () => timer,
        };
        this.#timers.push(timer);
        return timer;
      };
    const clear = (timer: Timer | undefined): void => {
      if (timer !== undefined) this.#timers = this.#timers.filter((other) => other !== timer);
    };
    Object.assign(globalThis, {
      setTimeout: setter(false),
      setInterval: setter(true),
      clearTimeout: clear,
      clearInterval: clear,
    });
  }

  uninstall(): void {
    if (VirtualTimers.#installed !== this) return;
    VirtualTimers.#installed = undefined;
    Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval });
    this.abandon();
  }

  fire(): void {
    const timers = this.#timers;
    this.#timers = timers.filter(({ repeats }) => repeats);
    for (const { call } of timers) call();
  }

  async turn(): Promise<void> {
    await settle();
    await this.#asideDone();
  }

  /** Lets timers run out whenever the promise would not settle without. */
  async until<T>(promise: Promise<T>): Promise<T> {
    try {
      return await this.#wait(promise, false);
    } finally {
      await this.#asideDone();
    }
  }

  /**
   * Does something that is no part of what the log under test lives through: meanwhile its timers stand
   * still, and nobody who waits with `until` or `turn` goes on.
   */
  async aside<T>(body: (until: Pace['until']) => Promise<T>): Promise<T> {
    const timers = this.#timers;
    this.#timers = [];
    const done = body((promise) => this.#wait(promise, true));
    const settled = done.catch(() => undefined);
    this.#aside = settled;
    try {
      return await done;
    } finally {
      this.#abandonWaits(true);
      // What is set now may be the log's own: it may have gone on all the same. The others hurt nobody.
      this.#timers = [...timers, ...this.#timers.filter(({ repeats }) => !repeats)];
      this.#aside = undefined;
    }
  }

  /** Forgets the timers that are set, and whoever waits: their process is gone. */
  abandon(): void {
    this.#timers = [];
    this.#abandonWaits(false);
  }

  /** Lets the process do what is not a microtask: the test runner's messages, garbage collection. */
  breathe(): Promise<void> {
    return new Promise((resolve) => {
      setTimeout(resolve, 0);
    });
  }

  async #asideDone(): Promise<void> {
    while (this.#aside !== undefined) await this.#aside;
  }

  #abandonWaits(isAside: boolean): void {
    for (const [wait, waitsAside] of this.#waits)
      if (waitsAside === isAside) this.#waits.delete(wait);
  }

  #wait<T>(promise: Promise<T>, isAside: boolean): Promise<T> {
    return new Promise((resolve, reject) => {
      const wait = {};
      let turns = 0;
      const onIdle = (): void => {
        if (!this.#waits.has(wait)) return;
        if (isAside === (this.#aside !== undefined)) {
          if (++turns > MOST_IDLE_TURNS) end(() => reject(new Error('an operation never ends')));
          else this.fire();
        }
        whenIdle(onIdle, turns < QUICK_TURNS);
      };
      const end = (then: () => void): void => {
        if (this.#waits.delete(wait)) then();
      };
      this.#waits.set(wait, isAside);
      promise.then(
        (result) => end(() => resolve(result)),
        (error) => end(() => reject(error)),
      );
      whenIdle(onIdle, true);
    });
  }
}

/** Calls back when no microtask is left. */
function whenIdle(call: () => void, isQuick: boolean): void {
  if (isQuick && setImmediate !== undefined) setImmediate(call);
  else setTimeout(call, 0);
}
