import { type RecordId, TruncationHistory } from '@wal/core';
import type { DecodedObject } from '../chunk/chunk.ts';
import type { ChunkSource } from '../chunk/chunk-source.ts';
import { corrupt } from '../chunk/object-header.ts';
import { comparePlaces, type SlotPlace } from '../keys/log-keys.ts';
import type { LogContext } from '../log-context.ts';
import { epochEntry, firstSlot, keptLast, type Root } from '../root/root.ts';
import type { EpochLimit, LogExtent } from './log-extent.ts';
import type { SparseIndex } from './sparse-index.ts';

/** How often a follower looks at the root: a trim beyond its place would leave it waiting for ever. */
const ROOT_CHECK_MS = 10_000;

/** What a reader beside a writer knows of the log, and how it learns more. */
export class Replica implements LogExtent {
  readonly truncations: TruncationHistory = new TruncationHistory();
  readonly sealed: EpochLimit | undefined;
  readonly listedBytes: number | undefined;
  readonly #context: LogContext;
  readonly #source: ChunkSource;
  readonly #index: SparseIndex;
  #root: Root;
  #tail: SlotPlace;
  #nextId: RecordId;
  #unsealed: number | undefined;
  #rootCheckedAtMs: number;
  #polling: Promise<boolean> | undefined;

  constructor(context: LogContext, source: ChunkSource, index: SparseIndex, opened: LogExtent) {
    this.#context = context;
    this.#source = source;
    this.#index = index;
    this.#root = opened.root;
    this.#tail = opened.tail;
    this.#nextId = opened.nextId;
    this.sealed = opened.sealed;
    this.listedBytes = opened.listedBytes;
    this.#rootCheckedAtMs = context.requests.elapsedMs();
  }

  get root(): Root {
    return this.#root;
  }

  get tail(): SlotPlace {
    return this.#tail;
  }

  get nextId(): RecordId {
    return this.#nextId;
  }

  get unsealed(): number | undefined {
    return this.#unsealed;
  }

  get firstId(): RecordId {
    return this.#root.trim.firstId;
  }

  /** Looks for the next chunk. @returns whether anything has changed. Those who ask meanwhile share the next look. */
  async poll(): Promise<boolean> {
    // The one under way may have looked already: what it misses may have been put before this call.
    if (this.#polling !== undefined && (await this.#polling)) return true;
    this.#polling ??= this.#poll().finally(() => {
      this.#polling = undefined;
    });
    return await this.#polling;
  }

  /** Looks for the chunk of a record, as far as the log reached at the moment of the call, and while it is wanted. */
  async reach(id: RecordId, isWanted: () => boolean): Promise<void> {
    if (id < this.#nextId || !(await this.poll()) || id < this.#nextId) return;
    const { requests, keys } = this.#context;
    const [newest] = await requests.list(keys.data, { limit: 1 });
    const end = newest && keys.placeOf(newest.key);
    // Not to the end as it will be: a writer may be quicker than this.
    const isBehind = (): boolean =>
      end !== undefined && id >= this.#nextId && comparePlaces(this.#tail, end) <= 0;
    while (isBehind() && isWanted() && (await this.poll()));
  }

  /** Reads the root anew. @returns whether it is another than at the call. */
  async checkRoot(): Promise<boolean> {
    const { roots, requests, keys } = this.#context;
    const before = this.#root;
    if ((await roots.newestVersion()) !== this.#root.version) {
      const root = await roots.readConfirmed();
      if (root === undefined) throw corrupt(keys.roots, 'is empty');
      if (root.uuid !== before.uuid) throw corrupt(keys.roots, 'belongs to another log');
      if (root.version < before.version) {
        throw corrupt(keys.root(before.version), 'is missing: the newest root version');
      }
      // A look that began later may have been quicker, and have found a newer one.
      if (root.version > this.#root.version) this.#apply(root);
    }
    this.#rootCheckedAtMs = requests.elapsedMs();
    return this.#root !== before;
  }

  async #poll(): Promise<boolean> {
    const sinceCheckMs = this.#context.requests.elapsedMs() - this.#rootCheckedAtMs;
    if (sinceCheckMs >= ROOT_CHECK_MS && (await this.checkRoot())) return true;
    const tail = this.#tail;
    const root = this.#root;
    const object = await this.#source.read(tail);
    // A reader that missed something may have looked at the root meanwhile: then this was a look at the past.
    if (this.#tail !== tail || this.#root !== root) return true;
    if (object === undefined) return false;
    return object.kind === 'seal' ? await this.#cross() : await this.#take(object);
  }

  /** A chunk at the tail: more records, unless a truncate has removed them already. */
  async #take(chunk: DecodedObject): Promise<boolean> {
    const expected = this.#nextId <= keptLast(this.#root, chunk.epoch) ? this.#nextId : undefined;
    if (expected !== undefined && chunk.firstId > expected) {
      // The ids jump where a trim went beyond the end.
      if (await this.checkRoot()) return true;
      throw corrupt(this.#source.keyOf(chunk), `begins with record ${chunk.firstId}`, expected);
    }
    this.#index.add(chunk);
    this.#tail = { epoch: chunk.epoch, slot: chunk.slot + 1 };
    const lastId = Math.min(chunk.nextId - 1, keptLast(this.#root, chunk.epoch));
    if (lastId < this.#nextId) return false;
    this.#nextId = lastId + 1;
    return true;
  }

  /** A seal at the tail: the log goes on in the next epoch, once there is one, by what the root says then. */
  async #cross(): Promise<boolean> {
    const tail = this.#tail;
    const { epoch } = tail;
    if ((await this.checkRoot()) || this.#tail !== tail) return true;
    if (this.#root.epoch === epoch) return false;
    this.#tail = { epoch: epoch + 1, slot: 0 };
    return true;
  }

  /** Takes what a newer root says: what is trimmed, and what was truncated. */
  #apply(root: Root): void {
    const before = this.#root;
    this.#root = root;
    const last = Math.max(lastLeft(before, root, this.#tail.epoch), before.trim.firstId - 1);
    if (last < this.#nextId - 1) {
      this.#nextId = last + 1;
      this.truncations.record(last);
    }
    const { epoch, slot, firstId } = root.chunks;
    if (comparePlaces(root.chunks, this.#tail) > 0) this.#tail = { epoch, slot };
    this.#nextId = Math.max(this.#nextId, firstId);
    this.#index.dropBefore(root.chunks);
    // What is left to come in an epoch of which a truncate removed the rest is nothing.
    while (keptLast(root, this.#tail.epoch) < this.#nextId) {
      const { epoch, slot } = this.#tail;
      if (slot === firstSlot(root, epoch)) this.#unsealed = epoch;
      this.#tail = { epoch: epoch + 1, slot: 0 };
    }
  }
}

/** The last id up to an epoch that truncates have left since an older root version. */
function lastLeft(before: Root, now: Root, epoch: number): number {
  const kept = keptLast(now, epoch);
  if (epochEntry(now, epoch) !== undefined && kept === keptLast(before, epoch)) {
    return Number.POSITIVE_INFINITY;
  }
  // Where the table has forgotten the epoch nobody knows: whatever was read may be gone.
  return epochEntry(now, epoch) === undefined ? -1 : kept;
}
