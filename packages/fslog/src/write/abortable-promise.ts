/**
 * A promise that settles as `start` has it, or rejects with `signal.reason` once that aborts. It is one promise:
 * one around another would settle later than those of calls that have no signal (ORDER-2).
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
