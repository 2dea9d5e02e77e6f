import { SEAL_BYTES } from '../chunk/chunk.ts';
import { comparePlaces } from '../keys/log-keys.ts';
import type { LogContext } from '../log-context.ts';
import type { Root, TrimMark } from '../root/root.ts';
import { MAX_KEYS, type ObjectEntry } from '../store/object-store.ts';

/** Root versions that stay: the newest, and the youngest. One would do; the others are for those who look. */
const KEPT_ROOTS = 16;
const KEPT_ROOT_MS = 3_600_000;

/**
 * Deletes what no reader or opener can need: chunks below a trim mark that is known to count, and root versions
 * that newer ones have replaced. Never the newest root version, and never a seal: without it a former writer's late
 * chunk would count again.
 */
export class Collector {
  readonly #context: LogContext;

  constructor(context: LogContext) {
    this.#context = context;
  }

  /** Deletes the chunks that a trim from one mark to the next has freed. @returns how many. */
  async collectTrimmed(before: TrimMark, now: TrimMark): Promise<number> {
    if (before.epoch !== now.epoch) return await this.collectBelow(now);
    const { keys } = this.#context;
    const { epoch } = now;
    let deleted = 0;
    for (let slot = before.slot; slot < now.slot; slot += MAX_KEYS) {
      const count = Math.min(MAX_KEYS, now.slot - slot);
      const places = Array.from({ length: count }, (_, i) => ({ epoch, slot: slot + i }));
      deleted += await this.#delete(places.map((place) => keys.slot(place)));
    }
    return deleted;
  }

  /** Looks for all chunks below a trim mark, and deletes them. @returns how many. */
  async collectBelow(mark: TrimMark): Promise<number> {
    const { keys } = this.#context;
    const isFreed = ({ key, size }: ObjectEntry): boolean => {
      const place = keys.placeOf(key);
      const isBelow = place !== undefined && comparePlaces(place, mark) < 0;
      return isBelow && size % 2 !== SEAL_BYTES % 2 && size > SEAL_BYTES;
    };
    return await this.#sweep(keys.data, keys.slot(mark), isFreed);
  }

  /** Deletes old root versions; `root` is one that counts. @returns how many. */
  async collectRoots(root: Root): Promise<number> {
    const { keys, requests } = this.#context;
    const oldest = root.version - KEPT_ROOTS + 1;
    if (oldest <= 0) return 0;
    const youngest = requests.clock.now() - KEPT_ROOT_MS;
    return await this.#sweep(keys.roots, keys.root(oldest), (e) => e.modifiedAtMs < youngest);
  }

  async #sweep(
    prefix: string,
    startAfter: string,
    isGarbage: (entry: ObjectEntry) => boolean,
  ): Promise<number> {
    let deleted = 0;
    for (let after: string | undefined = startAfter; after !== undefined; ) {
      const page: readonly ObjectEntry[] = await this.#context.requests.list(prefix, {
        startAfter: after,
        limit: MAX_KEYS,
      });
      const garbage = page.filter(isGarbage).map(({ key }) => key);
      if (garbage.length > 0) deleted += await this.#delete(garbage);
      after = page.length < MAX_KEYS ? undefined : page.at(-1)?.key;
    }
    return deleted;
  }

  async #delete(keys: readonly string[]): Promise<number> {
    await this.#context.requests.delete(keys);
    return keys.length;
  }
}
