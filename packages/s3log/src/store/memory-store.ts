import { type ByteRange, MAX_KEYS, type ObjectEntry, type ObjectStore } from './object-store.ts';

interface MemoryObject {
  readonly body: Uint8Array;
  readonly modifiedAtMs: number;
}

/** A store in memory, for tests: it lasts as long as it is referenced. */
export function createMemoryStore(now: () => number = Date.now): ObjectStore {
  const objects = new Map<string, MemoryObject>();
  /** In order; made anew after keys have come or gone. */
  let sorted: readonly string[] | undefined;
  return {
    putIfAbsent: async (key, body) => {
      if (objects.has(key)) return 'exists';
      objects.set(key, { body: new Uint8Array(body), modifiedAtMs: now() });
      sorted = undefined;
      return 'created';
    },
    get: async (key, options) => {
      const object = objects.get(key);
      if (object === undefined) return undefined;
      return { body: partOf(object.body, options?.range), size: object.body.length };
    },
    list: async (prefix, { startAfter = '', limit = MAX_KEYS } = {}) => {
      sorted ??= [...objects.keys()].sort(byBytes);
      const isAfter = (key: string): boolean => startAfter === '' || byBytes(key, startAfter) > 0;
      const keys = sorted.filter((key) => key.startsWith(prefix) && isAfter(key));
      return keys.slice(0, limit).map((key): ObjectEntry => {
        const { body, modifiedAtMs } = objects.get(key) as MemoryObject;
        return { key, size: body.length, modifiedAtMs };
      });
    },
    delete: async (keys) => {
      for (const key of keys) if (objects.delete(key)) sorted = undefined;
    },
  };
}

/** A copy of a part of a body. */
function partOf(body: Uint8Array, range: ByteRange | undefined): Uint8Array {
  if (range === undefined) return body.slice();
  return body.slice(range.offset, range.offset + range.length);
}

/** The order of keys in a listing: that of their UTF-8 bytes, which is not that of JavaScript's strings. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
