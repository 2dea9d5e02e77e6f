import type { LogError } from '@wal/core';
import { SEAL_BYTES } from '../chunk/chunk.ts';
import { corrupt } from '../chunk/object-header.ts';
import type { SlotPlace } from '../keys/log-keys.ts';
import type { LogContext } from '../log-context.ts';
import type { Root } from '../root/root.ts';
import { MAX_KEYS, type ObjectEntry } from '../store/object-store.ts';

/** A chunk or a seal, as a listing shows it. */
export interface ListedSlot extends SlotPlace {
  /** A hint, and no more: the object's header decides. */
  readonly looksLikeSeal: boolean;
  readonly size: number;
}

/**
 * The newest chunks and seals of a log, at the moment of one listing. Of an epoch that the page did not reach, or
 * not far enough, another listing shows the newest ones.
 */
export class DataListing {
  readonly #context: LogContext;
  readonly #page: readonly ListedSlot[];
  readonly #isWhole: boolean;

  private constructor(context: LogContext, page: readonly ListedSlot[], isWhole: boolean) {
    this.#context = context;
    this.#page = page;
    this.#isWhole = isWhole;
  }

  static async take(context: LogContext): Promise<DataListing> {
    const entries = await context.requests.list(context.keys.data, { limit: MAX_KEYS });
    return new DataListing(context, listed(context, entries), entries.length < MAX_KEYS);
  }

  get isEmpty(): boolean {
    return this.#page.length === 0;
  }

  /** The newest epoch with anything in it. */
  get newestEpoch(): number | undefined {
    return this.#page[0]?.epoch;
  }

  /** The size of the largest chunk that is listed; `undefined` if none is. */
  get largestBytes(): number | undefined {
    const sizes = this.#page.filter((slot) => !slot.looksLikeSeal).map(({ size }) => size);
    return sizes.length === 0 ? undefined : Math.max(...sizes);
  }

  /** The newest of an epoch, newest first: at least `count` of them, or all. */
  async newestOf(epoch: number, count: number): Promise<readonly ListedSlot[]> {
    const here = this.#page.filter((slot) => slot.epoch === epoch);
    const isEnough =
      here.length >= count || this.#isWhole || (this.#page.at(-1)?.epoch ?? epoch) < epoch;
    if (isEnough) return here;
    const { requests, keys } = this.#context;
    return listed(this.#context, await requests.list(keys.epoch(epoch), { limit: MAX_KEYS }));
  }
}

/**
 * Whether something is listed of an epoch that a root version does not know. Nothing is put into an epoch before the
 * version that began it, so a newer one is there, or was deleted.
 */
export function isOlderThanData(root: Root, { newestEpoch = 0 }: DataListing): boolean {
  return newestEpoch > root.epoch;
}

/** The error for a log whose newest root version was deleted. */
export function rootIsMissing({ keys }: LogContext, { newestEpoch = 0 }: DataListing): LogError {
  const what = `has lost its newest version: there is data of the newer epoch ${newestEpoch}`;
  return corrupt(keys.roots, what);
}

function listed({ keys }: LogContext, entries: readonly ObjectEntry[]): readonly ListedSlot[] {
  return entries.map(({ key, size }) => {
    const place = keys.placeOf(key);
    if (place === undefined) throw corrupt(key, 'is no key of a chunk or seal');
    return { ...place, looksLikeSeal: size % 2 === SEAL_BYTES % 2, size };
  });
}
