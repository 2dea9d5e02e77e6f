import { decodeSegmentHeader, MAX_SEGMENT_HEADER_BYTES } from '@wal/core';
import { SEAL_BYTES } from '../chunk/chunk.ts';
import { comparePlaces, type SlotPlace } from '../keys/log-keys.ts';
import type { LogContext } from '../log-context.ts';
import type { Root, SegmentEntry } from '../root/root.ts';
import { MAX_KEYS, type ObjectEntry } from '../store/object-store.ts';

/** Root versions that stay: the newest, and the youngest. One would do; the others are for those who look. */
const KEPT_ROOTS = 16;
const KEPT_ROOT_MS = 3_600_000;

/**
 * Deletes what no reader or opener can need: chunks that are trimmed or in segments, by a root version that is known
 * to count, segments that nobody can name any more, and root versions that newer ones have replaced. Never the newest
 * root version; never the first: where it was, a former creator's late one would begin another log; and never a seal:
 * without it a former writer's late chunk would count again.
 */
export class Collector {
  readonly #context: LogContext;
  readonly #graceMs: number;

  constructor(context: LogContext, graceMs: number) {
    this.#context = context;
    this.#graceMs = graceMs;
  }

  /** All that can be deleted by a root version that counts. @returns how many objects. */
  async collect(root: Root): Promise<number> {
    const chunks = await this.collectBelow(this.freed(root));
    const segments = await this.#collectSegments(root);
    return chunks + segments + (await this.collectRoots(root));
  }

  /** The place below which no chunk is needed: it is trimmed, or has been in a segment for the grace time. */
  freed({ trim, segments }: Root): SlotPlace {
    const before = this.#context.requests.clock.now() - this.#graceMs;
    const last = segments.findLast(({ namedAtMs }) => namedAtMs <= before);
    return last === undefined || comparePlaces(last.end, trim) < 0 ? trim : last.end;
  }

  /** Deletes the chunks from one place to another. @returns how many. */
  async collectChunks(before: SlotPlace, now: SlotPlace): Promise<number> {
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

  /** Looks for all chunks below a place, and deletes them. @returns how many. */
  async collectBelow(mark: SlotPlace): Promise<number> {
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
    const first = keys.root(0);
    // What somebody else has put there is not the log's to delete.
    const isOwn = ({ key }: ObjectEntry): boolean => keys.versionOf(key) !== undefined;
    const isOld = (e: ObjectEntry): boolean =>
      e.key !== first && e.modifiedAtMs < youngest && isOwn(e);
    return await this.#sweep(keys.roots, keys.root(oldest), isOld);
  }

  /** Segments that dropped out of the root version. */
  async collectDropped(before: Root, now: Root): Promise<number> {
    const named = new Set(now.segments.map(({ nonce }) => nonce));
    const dropped = before.segments.filter(({ nonce }) => !named.has(nonce));
    return await this.deleteSegments(dropped);
  }

  async deleteSegments(segments: readonly SegmentEntry[]): Promise<number> {
    if (segments.length === 0) return 0;
    return await this.#delete(segments.map((segment) => this.#context.keys.segment(segment)));
  }

  /**
   * Deletes segments that the root version does not name, if they were made in an older epoch: only the owner of that
   * one could have named them.
   */
  async #collectSegments(root: Root): Promise<number> {
    const { keys, requests } = this.#context;
    const named = new Set(root.segments.map((segment) => keys.segment(segment)));
    let deleted = 0;
    for (let after: string | undefined = ''; after !== undefined; ) {
      const options = { startAfter: after, limit: MAX_KEYS };
      const page: readonly ObjectEntry[] = await requests.list(keys.segments, options);
      const garbage: string[] = [];
      for (const { key } of page) {
        if (!named.has(key) && (await this.#epochOf(key)) < root.epoch) garbage.push(key);
      }
      if (garbage.length > 0) deleted += await this.#delete(garbage);
      after = page.length < MAX_KEYS ? undefined : page.at(-1)?.key;
    }
    return deleted;
  }

  /** The epoch in which a segment was made; infinite if it is not there any more. */
  async #epochOf(key: string): Promise<number> {
    const range = { offset: 0, length: MAX_SEGMENT_HEADER_BYTES };
    const bytes = await this.#context.requests.get(key, range);
    return bytes === undefined ? Number.POSITIVE_INFINITY : decodeSegmentHeader(bytes, key).epoch;
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
