/** A part of an object. What lies beyond its end is left out. */
export interface ByteRange {
  /** The first byte, from 0. */
  readonly offset: number;
  /** How many bytes. */
  readonly length: number;
}

/** What a get found. */
export interface StoredObject {
  /** The bytes asked for. */
  readonly body: Uint8Array;
  /** The bytes of the whole object, whatever part of it was asked for: a body cut on its way is known by it. */
  readonly size: number;
}

/** An object, as a listing shows it. */
export interface ObjectEntry {
  readonly key: string;
  /** In bytes. */
  readonly size: number;
  /** When it was written, in milliseconds since 1970, by the store's clock. */
  readonly modifiedAtMs: number;
}

/** Options that every request takes. */
export interface RequestOptions {
  /** Gives the request up; its outcome is unknown then. A store may ignore it. */
  readonly signal?: AbortSignal | undefined;
}

/** What of an object to get. */
export interface GetOptions extends RequestOptions {
  /** Default: all of it. */
  readonly range?: ByteRange | undefined;
}

/** What of the keys to list. */
export interface ListOptions extends RequestOptions {
  /** Only keys after this one. Default: from the first. */
  readonly startAfter?: string | undefined;
  /** The most entries to give, 1 to 1,000. Default: 1,000. */
  readonly limit?: number | undefined;
}

/**
 * What a log needs of a store, and nothing else; `@wal/s3log/store-suite` tests it. Reads and listings see every write that has finished, of
 * whichever client. Every method makes one attempt: the log repeats what failed, as its protocol says. What
 * goes wrong is thrown, as a {@link StoreError} where the store can tell what it means; any other error counts
 * as one of unknown outcome.
 */
export interface ObjectStore {
  /**
   * Writes an object where there is none under this key: of any number of calls for one key that has never been
   * deleted exactly one gets `created`, and what is stored is the body of that one. Under a key that was deleted there is
   * none. The store keeps no reference to `body` once the promise has settled.
   */
  putIfAbsent(
    key: string,
    body: Uint8Array,
    options?: RequestOptions,
  ): Promise<'created' | 'exists'>;
  /** An object, or a part of it; `undefined` if there is none. */
  get(key: string, options?: GetOptions): Promise<StoredObject | undefined>;
  /** The first objects whose keys begin with `prefix`, in the order of their keys (UTF-8 bytes). */
  list(prefix: string, options?: ListOptions): Promise<readonly ObjectEntry[]>;
  /** Deletes up to 1,000 objects; those that are not there count as deleted. @throws DeleteError for those that failed */
  delete(keys: readonly string[], options?: RequestOptions): Promise<void>;
}

/** The most entries that one listing gives, and the most keys that one delete takes. */
export const MAX_KEYS = 1000;
