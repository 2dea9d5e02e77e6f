import { abortable } from '@wal/core';

/** The values; rejects with `signal.reason` once it is aborted, also while the next one is waited for. */
export async function* untilAborted<T>(
  values: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const iterator = values[Symbol.asyncIterator]();
  let isAtEnd = false;
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await abortable(iterator.next(), signal);
      isAtEnd = done === true;
      if (done) return;
      yield value;
    }
  } finally {
    // Not awaited: it may stand behind a read that never ends.
    if (!isAtEnd) iterator.return?.().catch(() => undefined);
  }
}
