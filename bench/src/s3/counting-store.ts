import type { ByteRange, ListOptions, ObjectEntry, ObjectStore, StoredObject } from '@wal/s3log';

/** A store in memory for very many objects, which counts what it is asked. Its keys are put in order when they are listed. */
export class CountingStore implements ObjectStore {
  requests = 0;
  readonly #objects = new Map<string, Uint8Array>();
  #sorted: readonly string[] | undefined;

  async putIfAbsent(key: string, body: Uint8Array): Promise<'created' | 'exists'> {
    this.requests++;
    if (this.#objects.has(key)) return 'exists';
    this.#objects.set(key, new Uint8Array(body));
    this.#sorted = undefined;
    return 'created';
  }

  async get(
    key: string,
    { range }: { range?: ByteRange | undefined } = {},
  ): Promise<StoredObject | undefined> {
    this.requests++;
    const object = this.#objects.get(key);
    if (object === undefined) return undefined;
    const end = range === undefined ? object.length : range.offset + range.length;
    return { body: object.slice(range?.offset ?? 0, end), size: object.length };
  }

  async list(
    prefix: string,
    { startAfter = '', limit = 1000 }: ListOptions = {},
  ): Promise<readonly ObjectEntry[]> {
    this.requests++;
    this.#sorted ??= [...this.#objects.keys()].sort();
    const entries: ObjectEntry[] = [];
    for (let i = this.#firstFrom(prefix); entries.length < limit; i++) {
      const key = this.#sorted[i];
      if (key?.startsWith(prefix) !== true) break;
      if (key <= startAfter) continue;
      entries.push({ key, size: this.#objects.get(key)?.length ?? 0, modifiedAtMs: Date.now() });
    }
    return entries;
  }

  async delete(keys: readonly string[]): Promise<void> {
    this.requests++;
    for (const key of keys) this.#objects.delete(key);
    this.#sorted = undefined;
  }

  /** The place of the first key that is not before `prefix`. */
  #firstFrom(prefix: string): number {
    const sorted = this.#sorted ?? [];
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle] as string) < prefix) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
