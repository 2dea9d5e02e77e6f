// Asks whether a store is one that a log can live on. See docs/S3.md.
import { isLogError } from '@wal/core';
import { type ObjectStore, probeStore } from '@wal/s3log';

/** What is wrong with a store, in a sentence; `undefined` if logs can live on it. */
export async function whatIsWrongWith(store: ObjectStore): Promise<string | undefined> {
  try {
    await probeStore(store, { prefix: 'orders' });
    return undefined;
  } catch (error) {
    if (isLogError(error, 'ERR_LOG_UNSUPPORTED_STORE')) return error.message;
    throw error; // Not allowed, no such bucket, no answer.
  }
}
