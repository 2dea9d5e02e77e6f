/**
 * A promise that `start` settles, or that rejects with `signal.reason` once that aborts. One promise, not one around
 * another: that would settle later than those of calls without a signal, and so out of order (ORDER-2).
 */
export function abortablePromise<T>(
  signal: AbortSignal | undefined,
  start: (resolve: (value: T) => void, reject: (reason: unknown) => void) => void,
): Promise<T> {
  if (signal === undefined) return new Promise(start);
  let abort = (): void => undefined;
  const promise = new Promise<T>((resolve, reject) => {
    abort = () => reject(signal.reason);
    start(resolve, reject);
  });
  const settled = (): void => signal.removeEventListener('abort', abort);
  promise.then(settled, settled);
  signal.addEventListener('abort', abort, { once: true });
  return promise;
}
