import type { GetOptions, ListOptions, ObjectEntry, ObjectStore, StoredObject } from '@wal/s3log';

/** A part of a store that looks like a whole one: the keys that begin with a prefix. */
export class PrefixedStore implements ObjectStore {
  readonly #store: ObjectStore;
  readonly prefix: string;

  constructor(store: ObjectStore, prefix: string) {
    this.#store = store;
    this.prefix = prefix;
  }

  putIfAbsent(key: string, body: Uint8Array): Promise<'created' | 'exists'> {
    return this.#store.putIfAbsent(this.prefix + key, body);
  }

  get(key: string, options?: GetOptions): Promise<StoredObject | undefined> {
    return this.#store.get(this.prefix + key, options);
  }

  async list(prefix: string, options: ListOptions = {}): Promise<readonly ObjectEntry[]> {
    const { startAfter } = options;
    const found = await this.#store.list(this.prefix + prefix, {
      ...options,
      startAfter: startAfter && this.prefix + startAfter,
    });
    return found.map((entry) => ({ ...entry, key: entry.key.slice(this.prefix.length) }));
  }

  delete(keys: readonly string[]): Promise<void> {
    return this.#store.delete(keys.map((key) => this.prefix + key));
  }

  /** Deletes all that is in it. */
  async clear(): Promise<void> {
    for (;;) {
      const entries = await this.list('');
      if (entries.length === 0) return;
      await this.delete(entries.map(({ key }) => key));
    }
  }
}
