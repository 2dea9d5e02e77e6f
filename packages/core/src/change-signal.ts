/** Wakes those who wait for a log to change: what a backend's `LogView.changed` is made of. */
export class ChangeSignal {
  readonly #wakes = new Set<() => void>();

  /** Wakes everybody who waits. */
  notify(): void {
    // Appends come here each time, and mostly nobody waits.
    if (this.#wakes.size === 0) return;
    for (const wake of [...this.#wakes]) wake();
  }

  /** Calls back once, at the next `notify`, unless what it returns is called before. */
  once(call: () => void): () => void {
    const wake = (): void => {
      if (this.#wakes.delete(wake)) call();
    };
    this.#wakes.add(wake);
    return () => this.#wakes.delete(wake);
  }

  /** Resolves at the next `notify`, or when `signal` aborts. */
  wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const end = (): void => {
        forget();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const forget = this.once(end);
      signal.addEventListener('abort', end, { once: true });
    });
  }
}
