import type { IteratorOptions, Log, LogRecord } from '@wal/core';

/** Records of a log, in runs as they were read: the fast path of its iterator. */
export async function* runsOf(
  log: Log,
  options: IteratorOptions,
): AsyncGenerator<readonly LogRecord[], void, undefined> {
  const iterator = log.iterator(options);
  try {
    for (;;) {
      const records = await iterator.nextBatch();
      if (records.length === 0) return;
      yield records;
    }
  } finally {
    await iterator.return();
  }
}
