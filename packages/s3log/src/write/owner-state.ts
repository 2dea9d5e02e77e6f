import { LogError, type RecordId, TruncationHistory } from '@wal/core';
import type { ChunkSource } from '../chunk/chunk-source.ts';
import { corrupt } from '../chunk/object-header.ts';
import type { Collector } from '../collection/collector.ts';
import type { StoredSegment } from '../compaction/compactor.ts';
import { comparePlaces, type SlotPlace } from '../keys/log-keys.ts';
import type { LogContext } from '../log-context.ts';
import { putSeal } from '../open/sealing.ts';
import type { EpochLimit, LogExtent } from '../read/log-extent.ts';
import type { SparseIndex } from '../read/sparse-index.ts';
import {
  compactedRoot,
  type Root,
  type TrimMark,
  trimmedRoot,
  truncatedRoot,
} from '../root/root.ts';
import { fateOf } from '../root/root-store.ts';
import { freshNonce } from '../runtime/entropy.ts';

/** Root versions are collected each time so many were written. */
const COLLECT_EVERY = 16;

/** What the owner of a log knows of it, and the changes of its root: one at a time, while no chunk is in flight. */
export class OwnerState implements LogExtent {
  readonly truncations: TruncationHistory = new TruncationHistory();
  readonly sealed: EpochLimit | undefined;
  readonly listedBytes: number | undefined;
  readonly #context: LogContext;
  readonly #source: ChunkSource;
  readonly #index: SparseIndex;
  readonly #collector: Collector;
  #root: Root;
  /** The version that this handle proposed last. */
  #proposed: Root | undefined;
  #tail: SlotPlace;
  #nextId: RecordId;
  /** Below it, chunks were deleted, as far as this handle knows; `undefined` if it has to look. */
  #freed: SlotPlace | undefined;
  #collecting: Promise<unknown> = Promise.resolve();

  constructor(
    context: LogContext,
    source: ChunkSource,
    index: SparseIndex,
    collector: Collector,
    owned: Omit<LogExtent, 'tail'>,
  ) {
    this.#context = context;
    this.#source = source;
    this.#index = index;
    this.#collector = collector;
    this.#root = owned.root;
    this.#tail = { epoch: owned.root.epoch, slot: 0 };
    this.#nextId = owned.nextId;
    this.sealed = owned.sealed;
    this.listedBytes = owned.listedBytes;
    const { trim, segments } = owned.root;
    this.#freed = segments.length === 0 ? trim : undefined;
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

  get firstId(): RecordId {
    return this.#root.trim.firstId;
  }

  /** Notes a chunk that counts. */
  landed({ epoch, slot }: SlotPlace, firstId: RecordId, nextId: RecordId): void {
    this.#index.add({ epoch, slot, firstId });
    this.#tail = { epoch, slot: slot + 1 };
    this.#nextId = nextId;
  }

  /**
   * Removes what is above `lastToKeep`: a new epoch begins, and says what the older ones keep.
   * @returns whether there was anything to remove.
   */
  async truncate(lastToKeep: RecordId): Promise<boolean> {
    const keepLast = Math.max(lastToKeep, this.firstId - 1);
    if (this.#nextId <= keepLast + 1) return false;
    const { roots, requests } = this.#context;
    const before = this.#root;
    const next = truncatedRoot(before, freshNonce(requests.entropy), keepLast);
    await this.#propose(next);
    const { epoch, slot } = this.#tail;
    const sealer = { context: this.#context, source: this.#source, claim: next };
    const [holder, counts] = await Promise.all([
      putSeal(sealer, epoch, slot),
      roots.isNewest(next),
    ]);
    if (!counts) await this.#overtaken(next);
    if (holder.kind !== 'seal') throw corrupt(this.#source.keyOf(this.#tail), 'is no seal');
    this.#root = next;
    this.#tail = { epoch: next.epoch, slot: 0 };
    this.#nextId = keepLast + 1;
    this.truncations.record(keepLast);
    this.#collectFreed(before);
    return true;
  }

  /** Discards what lies below a mark. Space comes back afterwards. */
  async trim(mark: TrimMark): Promise<void> {
    const { roots, requests } = this.#context;
    const before = this.#root;
    const next = trimmedRoot(before, freshNonce(requests.entropy), mark);
    await this.#propose(next);
    if (!(await roots.isNewest(next))) await this.#overtaken(next);
    this.#root = next;
    this.#nextId = Math.max(this.#nextId, mark.firstId);
    this.#index.dropBefore(next.chunks);
    this.#collectFreed(before);
  }

  /**
   * Names a segment: from now on it stands for what it was made from.
   * @returns false if it was not: a truncate or a trim came between.
   */
  async compact({ madeFrom, entry, replaced }: StoredSegment): Promise<boolean> {
    const before = this.#root;
    const isStale =
      madeFrom.epoch !== before.epoch ||
      before.segments.length !== madeFrom.segments.length ||
      comparePlaces(before.chunks, madeFrom.chunks) !== 0 ||
      before.chunks.firstId !== madeFrom.chunks.firstId;
    if (isStale) {
      this.#inBackground(() => this.#collector.deleteSegments([entry]));
      return false;
    }
    const { roots, requests } = this.#context;
    const next = compactedRoot(before, freshNonce(requests.entropy), entry, replaced);
    await this.#propose(next);
    if (!(await roots.isNewest(next))) await this.#overtaken(next);
    this.#root = next;
    this.#index.dropBefore(next.chunks);
    this.#collectFreed(before);
    return true;
  }

  /**
   * Why a slot of this epoch holds a seal. Settled, if neither a trim nor a segment has passed the slot since: then the
   * seal ends the epoch, and nothing from there on counts or ever will.
   */
  async fencedAt(
    place: SlotPlace,
  ): Promise<{ readonly fenced: LogError; readonly isSettled: boolean }> {
    const root = await this.#context.roots.readConfirmed();
    if (root === undefined) throw corrupt(this.#context.keys.roots, 'is empty');
    return { fenced: fencedBy(root), isSettled: comparePlaces(place, root.chunks) >= 0 };
  }

  /**
   * What the newest root version is to this handle: its own (`current`), one of its own that it does not know yet to
   * count (`changing`), or another owner's.
   * @returns of another owner, the error that says so.
   */
  async compareRoot(): Promise<'current' | 'changing' | LogError> {
    const root = await this.#context.roots.readConfirmed();
    if (root === undefined || root.nonce === this.#root.nonce) return 'current';
    if (root.nonce === this.#proposed?.nonce) return 'changing';
    return root.epoch === this.#root.epoch ? 'current' : fencedBy(root);
  }

  /** Resolves when nothing is being deleted any more. */
  collected(): Promise<unknown> {
    return this.#collecting;
  }

  async #propose(next: Root): Promise<void> {
    this.#proposed = next;
    const outcome = await this.#context.roots.propose(next);
    if (outcome === 'candidate') return;
    if (outcome === 'doubtful') await this.#overtaken(next);
    // Another has this number, so this version does not exist and never will.
    const root = await this.#context.roots.readConfirmed();
    throw fencedBy(root ?? next);
  }

  /** A candidate that is not the newest: its author is not the owner any more, whatever became of it. */
  async #overtaken(next: Root): Promise<never> {
    const root = await this.#context.roots.readConfirmed();
    const fenced = fencedBy(root ?? next);
    const isVoid = root !== undefined && next.kind === 'truncate' && fateOf(next, root) === 'void';
    if (isVoid) throw fenced;
    const message = 'another owner took the log over; reopened, it has this change or not';
    throw new LogError('ERR_LOG_FAILED', message, { cause: fenced });
  }

  /** Deletes what the newest root version has freed. */
  #collectFreed(before: Root): void {
    const root = this.#root;
    const from = this.#freed;
    const freed = this.#collector.freed(root);
    if (comparePlaces(freed, from ?? before.trim) > 0) {
      this.#freed = freed;
      this.#inBackground(() =>
        from === undefined
          ? this.#collector.collectBelow(freed)
          : this.#collector.collectChunks(from, freed),
      );
    }
    this.#inBackground(() => this.#collector.collectDropped(before, root));
    if (root.version % COLLECT_EVERY !== 0) return;
    this.#inBackground(() => this.#collector.collectRoots(root));
  }

  /** What fails here is found again by the next collection. */
  #inBackground(collect: () => Promise<unknown>): void {
    this.#collecting = this.#collecting.then(collect).catch(() => undefined);
  }
}

function fencedBy({ epoch }: Root): LogError {
  const message = `a newer writer took the log over, epoch=${epoch}`;
  return new LogError('ERR_LOG_FENCED', message, { epoch });
}
