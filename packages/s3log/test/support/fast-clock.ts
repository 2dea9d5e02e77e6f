import type { Clock } from '@wal/s3log';

/** Time that a test can wait for, too. */
export interface FastClock extends Clock {
  /** Resolves after `ms` milliseconds of it. */
  sleep(ms: number): Promise<void>;
}

/** A clock that is so many times as fast as the machine's. */
export function fastClock(times: number): FastClock {
  const start = Date.now();
  const after = (ms: number, call: () => void): (() => void) => {
    const timer = setTimeout(call, ms / times);
    return () => clearTimeout(timer);
  };
  return {
    now: () => start + (Date.now() - start) * times,
    after,
    sleep: (ms) => new Promise((resolve) => void after(ms, resolve)),
  };
}
