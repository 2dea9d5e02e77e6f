/** Time, as the log sees it: every wait and time limit goes through here, so that tests can make it pass. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /**
   * Milliseconds since some moment of its own: never set, forwards or back. Time limits go by it. Absent: `now` never
   * is either.
   */
  elapsed?(): number;
  /** Calls back once, after `ms` milliseconds and never before it returns, unless what it returns is called before. */
  after(ms: number, call: () => void): () => void;
}

/** The time of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms` milliseconds. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}
