/** Throws `signal.reason` if the signal is aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw signal.reason;
}

/** Settles as `promise` does, or rejects with `signal.reason` as soon as `signal` is aborted. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    const settled = (): void => signal.removeEventListener('abort', onAbort);
    promise.then(
      (value) => {
        settled();
        resolve(value);
      },
      (error: unknown) => {
        settled();
        reject(error);
      },
    );
  });
}

/**
 * A promise that settles as `start` has it, or rejects with `signal.reason` once that aborts, which it must not have
 * done before. It is one promise: one around another would settle later than those of calls that have no signal (ORDER-2).
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
