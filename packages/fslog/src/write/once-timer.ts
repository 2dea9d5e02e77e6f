/**
 * Calls once, `ms` after `start`, however often that is called meanwhile, or after the last `restart`. Keeps no
 * process alive, and goes by no clock that can be set.
 */
export class OnceTimer {
  readonly #ms: number;
  readonly #call: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number, call: () => void) {
    this.#ms = ms;
    this.#call = call;
  }

  start(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#call();
    }, this.#ms);
    this.#timer.unref();
  }

  restart(): void {
    this.stop();
    this.start();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
