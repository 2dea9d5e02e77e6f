/** Wakes those who wait for a log to change: what a backend's `LogView.changed` is made of. */
export class ChangeSignal {
  readonly #wakes = new Set<() => void>();

  /** Wakes everybody who waits. */
  notify(): void {
    // Appends come here each time, and mostly nobody waits.
    if (this.#wakes.size === 0) return;
    for (const wake of [...this.#wakes]) wake();
  }

  /** Resolves at the next `notify`, or when `signal` aborts. */
  wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wakes.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      if (signal.aborted) {
        resolve();
        return;
      }
      this.#wakes.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
