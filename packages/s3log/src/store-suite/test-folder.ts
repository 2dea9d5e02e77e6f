import { MAX_KEYS, type ObjectStore } from '../store/object-store.ts';

/** The keys of one test: those that begin with a prefix that nobody else uses. */
export class TestFolder {
  readonly store: ObjectStore;
  readonly #prefix: string;
  readonly #written = new Set<string>();

  constructor(store: ObjectStore, prefix: string) {
    this.store = store;
    this.#prefix = prefix;
  }

  /** The whole of a key in this folder, or of a prefix of keys. */
  key(name: string): string {
    return this.#prefix + name;
  }

  /** Puts text, or bytes, if there is nothing. */
  async put(name: string, body: string | Uint8Array): Promise<'created' | 'exists'> {
    const key = this.key(name);
    this.#written.add(key);
    return await this.store.putIfAbsent(key, typeof body === 'string' ? Buffer.from(body) : body);
  }

  /** Puts many objects, some at once. */
  async putAll(names: readonly string[]): Promise<void> {
    const left = [...names];
    const putSome = async (): Promise<void> => {
      for (let name = left.pop(); name !== undefined; name = left.pop()) await this.put(name, name);
    };
    await Promise.all(Array.from({ length: 16 }, putSome));
  }

  /** An object as text; `undefined` if there is none. */
  async text(name: string): Promise<string | undefined> {
    const object = await this.store.get(this.key(name));
    return object && Buffer.from(object.body).toString();
  }

  /** The names that a listing gives. */
  async list(
    name: string,
    { startAfter, limit }: { readonly startAfter?: string; readonly limit?: number } = {},
  ): Promise<string[]> {
    const after = startAfter === undefined ? undefined : this.key(startAfter);
    const entries = await this.store.list(this.key(name), { startAfter: after, limit });
    return entries.map(({ key }) => key.slice(this.#prefix.length));
  }

  async delete(names: readonly string[]): Promise<void> {
    await this.store.delete(names.map((name) => this.key(name)));
  }

  /** Deletes all that was written. */
  async clear(): Promise<void> {
    const keys = [...this.#written];
    for (let at = 0; at < keys.length; at += MAX_KEYS) {
      await this.store.delete(keys.slice(at, at + MAX_KEYS));
    }
  }
}
