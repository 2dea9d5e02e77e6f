import type { ByteRange, ObjectEntry } from '@wal/s3log';

/** Who looks at what happens in a bucket, as it happens. */
export interface BucketWatcher {
  onCreate(key: string, body: Uint8Array, by: string): void;
  onDelete(key: string): void;
}

/** What is stored, by key. Every change is made at one moment, and seen by the watcher. */
export class Bucket {
  readonly #objects = new Map<string, { readonly body: Uint8Array; readonly atMs: number }>();
  readonly #watcher: BucketWatcher;

  constructor(watcher: BucketWatcher) {
    this.#watcher = watcher;
  }

  create(key: string, body: Uint8Array, by: string, atMs: number): 'created' | 'exists' {
    if (this.#objects.has(key)) return 'exists';
    this.#objects.set(key, { body, atMs });
    this.#watcher.onCreate(key, body, by);
    return 'created';
  }

  get(key: string, range?: ByteRange): { body: Uint8Array; size: number } | undefined {
    const body = this.#objects.get(key)?.body;
    if (body === undefined) return undefined;
    const { offset, length } = range ?? { offset: 0, length: body.length };
    return { body: body.slice(offset, offset + length), size: body.length };
  }

  list(prefix: string, startAfter: string, limit: number): ObjectEntry[] {
    const keys = [...this.#objects.keys()].filter((k) => k.startsWith(prefix) && k > startAfter);
    return keys
      .sort()
      .slice(0, limit)
      .map((key) => {
        const { body, atMs } = this.#objects.get(key) as { body: Uint8Array; atMs: number };
        return { key, size: body.length, modifiedAtMs: atMs };
      });
  }

  delete(key: string): void {
    if (this.#objects.delete(key)) this.#watcher.onDelete(key);
  }
}
