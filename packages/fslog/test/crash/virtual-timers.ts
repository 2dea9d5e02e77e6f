import { RepeatableBytes } from './repeatable-bytes.ts';

type Callback = () => void;

interface Timer {
  readonly call: Callback;
  readonly delayMs: number;
  unref(): void;
}

/** What `save` puts by. */
export interface SavedTimers {
  readonly timers: readonly Timer[];
  readonly byteCount: number;
}

const { setTimeout: realSetTimeout, clearTimeout: realClearTimeout, setImmediate } = globalThis;
const realNow = Date.now;
const START_MS = 1_760_000_000_000;

/**
 * The timers of the logs under test: they fire when a test says so, never by themselves, and the clock
 * stands still in between. Random bytes repeat from run to run too.
 */
export class VirtualTimers {
  #timers: Timer[] = [];
  #nowMs = START_MS;
  readonly #bytes = new RepeatableBytes();

  /** Takes the place of the system's timers until `uninstall`. */
  install(): void {
    const set = (call: Callback, delayMs = 0): Timer => {
      const timer = { call, delayMs, unref: () => undefined };
      this.#timers.push(timer);
      return timer;
    };
    const clear = (timer: Timer | undefined): void => {
      if (timer !== undefined) this.#timers = this.#timers.filter((other) => other !== timer);
    };
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
    Date.now = () => this.#nowMs;
    this.#bytes.install();
  }

  uninstall(): void {
    Object.assign(globalThis, { setTimeout: realSetTimeout, clearTimeout: realClearTimeout });
    Date.now = realNow;
    this.#bytes.uninstall();
    this.#timers = [];
  }

  /** Fires all that are set now, once their time has come. */
  fire(): void {
    const timers = this.#timers;
    this.#timers = [];
    this.#nowMs += Math.max(1, ...timers.map(({ delayMs }) => delayMs));
    for (const { call } of timers) call();
  }

  /** What is set now; give it to `restore` to drop what is set meanwhile. */
  save(): SavedTimers {
    const saved = { timers: this.#timers, byteCount: this.#bytes.count };
    this.#timers = [];
    return saved;
  }

  restore({ timers, byteCount }: SavedTimers): void {
    this.#timers = [...timers];
    this.#bytes.count = byteCount;
  }
}

/** Lets the process do what is not a microtask: the test runner's messages, garbage collection. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => resolve()));
}
