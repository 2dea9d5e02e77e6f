import type { GetOptions, ListOptions, ObjectEntry, ObjectStore, StoredObject } from '@wal/s3log';

/** A store that counts what it is asked. */
export class CountingStore implements ObjectStore {
  readonly #store: ObjectStore;
  #counts = { put: 0, get: 0, list: 0, delete: 0 };

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** The requests since the last call of `take`. */
  get counts(): Readonly<Record<'put' | 'get' | 'list' | 'delete', number>> {
    return this.#counts;
  }

  /** The requests since the last call. */
  take(): { put: number; get: number; list: number; delete: number } {
    const counts = this.#counts;
    this.#counts = { put: 0, get: 0, list: 0, delete: 0 };
    return counts;
  }

  putIfAbsent(key: string, body: Uint8Array): Promise<'created' | 'exists'> {
    this.#counts.put++;
    return this.#store.putIfAbsent(key, body);
  }

  get(key: string, options?: GetOptions): Promise<StoredObject | undefined> {
    this.#counts.get++;
    return this.#store.get(key, options);
  }

  list(prefix: string, options?: ListOptions): Promise<readonly ObjectEntry[]> {
    this.#counts.list++;
    return this.#store.list(prefix, options);
  }

  delete(keys: readonly string[]): Promise<void> {
    this.#counts.delete++;
    return this.#store.delete(keys);
  }
}
