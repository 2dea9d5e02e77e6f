import {
  type GetOptions,
  type ListOptions,
  type ObjectEntry,
  type ObjectStore,
  type StoredObject,
  StoreError,
} from '@wal/s3log';

/** One client's way to a store, which a test can make fail, or cut for good. */
export class SwitchableStore implements ObjectStore {
  /** Puts of chunks fail without being done; the client cannot know that. */
  appendsFail = false;
  readonly #store: ObjectStore;
  #isCut = false;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** Nothing more is answered or done: the client's process is gone. */
  cut(): void {
    this.#isCut = true;
  }

  putIfAbsent(key: string, body: Uint8Array): Promise<'created' | 'exists'> {
    return this.#do(() => {
      if (this.appendsFail && isChunk(key, body))
        throw new StoreError('unavailable', 'the connection was reset');
      return this.#store.putIfAbsent(key, body);
    });
  }

  get(key: string, options?: GetOptions): Promise<StoredObject | undefined> {
    return this.#do(() => this.#store.get(key, options));
  }

  list(prefix: string, options?: ListOptions): Promise<readonly ObjectEntry[]> {
    return this.#do(() => this.#store.list(prefix, options));
  }

  delete(keys: readonly string[]): Promise<void> {
    return this.#do(() => this.#store.delete(keys));
  }

  async #do<T>(request: () => Promise<T>): Promise<T> {
    if (this.#isCut) throw new StoreError('refused', 'the client is gone');
    const answer = await request();
    if (this.#isCut) throw new StoreError('refused', 'the client is gone');
    return answer;
  }
}

/** Seals and root versions are no appends. */
function isChunk(key: string, body: Uint8Array): boolean {
  return /(^|\/)d\//.test(key) && body.length % 2 === 0;
}
