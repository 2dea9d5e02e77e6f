import type { Clock } from '@wal/s3log';

/** A clock that is so many times as fast as the machine's. */
export function fastClock(times: number): Clock {
  const start = Date.now();
  return {
    now: () => start + (Date.now() - start) * times,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, ms / times);
        if (signal?.aborted === true) done();
        else signal?.addEventListener('abort', done, { once: true });
      }),
  };
}
