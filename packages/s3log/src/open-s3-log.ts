import { checkOptionsObject, invalidArgument } from '@wal/core';
import { openLog } from './open-log.ts';
import { checkLogOptions, type LogOptions } from './options.ts';
import type { S3Log } from './s3-log.ts';
import type { ObjectStore } from './store/object-store.ts';
import { createS3Store, type S3StoreOptions } from './store/s3-store.ts';

/** Options for a log in a bucket. */
export interface BucketLogOptions extends LogOptions, S3StoreOptions {
  readonly store?: undefined;
}

/** Options for a log on a store of one's own. */
export interface StoreLogOptions extends LogOptions {
  /** Where the objects are kept. It is not closed with the log. */
  readonly store: ObjectStore;
}

/**
 * Opens a log, for writing unless `readOnly` is set, and creates it if there is none. For writing it takes the log
 * over: when it resolves, the writer before, if there is one, acknowledges nothing more, and what it acknowledged is there.
 * @throws LogError `ERR_LOG_UNSUPPORTED_STORE`, `ERR_LOG_METADATA_MISMATCH`, `ERR_LOG_CORRUPT`,
 * `ERR_LOG_UNSUPPORTED_FORMAT`, `ERR_LOG_READ_ONLY` (nothing there to read), `ERR_LOG_FAILED` (the store failed),
 * `ERR_LOG_INVALID_ARGUMENT`.
 */
export async function openS3Log(options: BucketLogOptions | StoreLogOptions): Promise<S3Log> {
  const { store, release } = storeOf(options);
  return await openLog(checkLogOptions(store, options), release);
}

/** The store that options name, and how it is given back. @throws LogError `ERR_LOG_INVALID_ARGUMENT` */
export function storeOf(options: BucketLogOptions | StoreLogOptions): {
  readonly store: ObjectStore;
  readonly release: () => void;
} {
  checkOptionsObject('options', options);
  if (options?.store !== undefined) return { store: options.store, release: () => undefined };
  const { bucket } = (options ?? {}) as Partial<BucketLogOptions>;
  if (typeof bucket !== 'string' || bucket === '') {
    throw invalidArgument('bucket', "a bucket's name, where no store is given", bucket);
  }
  const store = createS3Store(options);
  return { store, release: () => store.destroy() };
}
