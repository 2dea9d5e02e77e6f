/** Calls once, `ms` after `start`, however often that is called meanwhile. Keeps no process alive. */
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

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
