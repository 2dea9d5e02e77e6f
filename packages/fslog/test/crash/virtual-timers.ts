type Callback = () => void;

interface Timer {
  readonly call: Callback;
  unref(): void;
}

const { setTimeout: realSetTimeout, clearTimeout: realClearTimeout, setImmediate } = globalThis;

/** The timers of the logs under test: they fire when a test says so, never by themselves. */
export class VirtualTimers {
  #timers: Timer[] = [];

  /** Takes the place of the system's timers until `uninstall`. */
  install(): void {
    const set = (call: Callback): Timer => {
      const timer = { call, unref: () => undefined };
      this.#timers.push(timer);
      return timer;
    };
    const clear = (timer: Timer | undefined): void => {
      if (timer !== undefined) this.#timers = this.#timers.filter((other) => other !== timer);
    };
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
  }

  uninstall(): void {
    Object.assign(globalThis, { setTimeout: realSetTimeout, clearTimeout: realClearTimeout });
    this.#timers = [];
  }

  /** Fires all that are set now. */
  fire(): void {
    const timers = this.#timers;
    this.#timers = [];
    for (const { call } of timers) call();
  }

  /** What is set now; give it to `restore` to drop what is set meanwhile. */
  save(): readonly unknown[] {
    const saved = this.#timers;
    this.#timers = [];
    return saved;
  }

  restore(saved: readonly unknown[]): void {
    this.#timers = [...(saved as readonly Timer[])];
  }
}

/** Lets the process do what is not a microtask: the test runner's messages, garbage collection. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => resolve()));
}
