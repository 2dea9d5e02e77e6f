import type { RecordId } from '@wal/core';
import { comparePlaces, type SlotPlace } from '../keys/log-keys.ts';

/** Why a root version was written. */
type RootKind = 'create' | 'open' | 'truncate' | 'trim' | 'compact';

/** Chunks that became one object. What a later truncate removes of it is not between its ids any more. */
export interface SegmentEntry {
  readonly nonce: string;
  readonly firstId: RecordId;
  /** The id after its last record. */
  readonly nextId: RecordId;
  /** The size of the object. */
  readonly bytes: number;
  /** Where its footer begins. */
  readonly footerAt: number;
  /** The place behind the last chunk that went into it. */
  readonly end: SlotPlace;
  /** When a segment with its chunks was named first: they are deleted some time later. */
  readonly namedAtMs: number;
}

/** Where the chunks begin that are needed: what comes before is trimmed, or in segments. */
export interface ChunkMark extends SlotPlace {
  /** The id after all that comes before. */
  readonly firstId: RecordId;
}

/** Where a log begins: what lies below the place is not needed, and what has a lower id is trimmed. */
export interface TrimMark extends SlotPlace {
  /** The first id that is not trimmed. */
  readonly firstId: RecordId;
}

/** An epoch: the time from one claim of the log to the next. */
export interface EpochEntry {
  readonly epoch: number;
  readonly kind: RootKind;
  /** Of the root version that began it: tells its owner from every rival for the same number. */
  readonly nonce: string;
  /** A truncate removed the records of this epoch with higher ids. */
  readonly keepLast?: RecordId | undefined;
}

/**
 * The state of a log. The newest version that exists counts; each is computed from the whole of the one before,
 * and never changed.
 */
export interface Root {
  readonly version: number;
  readonly nonce: string;
  readonly kind: RootKind;
  readonly uuid: string;
  /** The newest epoch: its owner alone may append, trim and truncate. */
  readonly epoch: number;
  /** How far any writer of this log sends ahead of the last chunk that is acknowledged. */
  readonly maxInFlight: number;
  readonly trim: TrimMark;
  /** What was compacted and is not trimmed, in the order of its ids and without a gap. */
  readonly segments: readonly SegmentEntry[];
  readonly chunks: ChunkMark;
  /** Every epoch from the one on with which the chunks begin, and at least the last {@link MIN_EPOCHS}; oldest first. */
  readonly epochs: readonly EpochEntry[];
  readonly metadata: Uint8Array;
}

/** So many epochs are remembered also below that: who lost a race finds out what became of it. */
const MIN_EPOCHS = 64;
/** The first epoch of a log. */
const FIRST_EPOCH = 1;

/** What a new log begins with. */
export function createdRoot(
  given: Pick<Root, 'nonce' | 'uuid' | 'maxInFlight' | 'metadata'>,
  firstId: RecordId,
): Root {
  return {
    ...given,
    version: 0,
    kind: 'create',
    epoch: FIRST_EPOCH,
    trim: { epoch: FIRST_EPOCH, slot: 0, firstId },
    segments: [],
    chunks: { epoch: FIRST_EPOCH, slot: 0, firstId },
    epochs: [{ epoch: FIRST_EPOCH, kind: 'create', nonce: given.nonce }],
  };
}

/** The version with which a new owner claims the log. */
export function claimedRoot(root: Root, nonce: string): Root {
  return withNewEpoch(root, nonce, 'open', root.epochs);
}

/** The version that truncates: a new epoch, and what all older ones keep. */
export function truncatedRoot(root: Root, nonce: string, keepLast: RecordId): Root {
  const epochs = root.epochs.map((entry) => ({
    ...entry,
    keepLast: Math.min(entry.keepLast ?? keepLast, keepLast),
  }));
  const { chunks } = root;
  const segments = root.segments
    .filter(({ firstId }) => firstId <= keepLast)
    .map((segment) => ({ ...segment, nextId: Math.min(segment.nextId, keepLast + 1) }));
  const firstId = Math.min(chunks.firstId, keepLast + 1);
  const kept = { ...root, segments, chunks: { ...chunks, firstId } };
  return withNewEpoch(kept, nonce, 'truncate', epochs);
}

/** The version that trims. */
export function trimmedRoot(root: Root, nonce: string, trim: TrimMark): Root {
  const chunks = comparePlaces(trim, root.chunks) < 0 ? root.chunks : trim;
  const segments = root.segments.filter(({ nextId }) => nextId > trim.firstId);
  const epochs = pruned(root.epochs, chunks);
  const version = root.version + 1;
  return { ...root, version, nonce, kind: 'trim', trim, segments, chunks, epochs };
}

/** The version that names one segment more, for chunks that are not needed then or, if `replaced`, for its last segments. */
export function compactedRoot(
  root: Root,
  nonce: string,
  segment: SegmentEntry,
  replaced: readonly SegmentEntry[],
): Root {
  const isOfChunks = replaced.length === 0;
  const chunks = isOfChunks ? { ...segment.end, firstId: segment.nextId } : root.chunks;
  const segments = [...root.segments.slice(0, root.segments.length - replaced.length), segment];
  const epochs = pruned(root.epochs, chunks);
  return { ...root, version: root.version + 1, nonce, kind: 'compact', segments, chunks, epochs };
}

/** The segment that holds a record; `undefined` if it is in a chunk, or not stored. */
export function segmentOf({ segments }: Root, id: RecordId): SegmentEntry | undefined {
  return segments.find(({ firstId, nextId }) => id >= firstId && id < nextId);
}

/** The table's entry for an epoch. */
export function epochEntry(root: Root, epoch: number): EpochEntry | undefined {
  const [oldest] = root.epochs;
  return oldest === undefined ? undefined : root.epochs[epoch - oldest.epoch];
}

/** The last id of an epoch that no truncate removed. */
export function keptLast(root: Root, epoch: number): number {
  return epochEntry(root, epoch)?.keepLast ?? Number.POSITIVE_INFINITY;
}

/** The lowest slot of an epoch that may be needed. */
export function firstSlot({ chunks }: Root, epoch: number): number {
  return epoch === chunks.epoch ? chunks.slot : 0;
}

function withNewEpoch(
  root: Root,
  nonce: string,
  kind: RootKind,
  older: readonly EpochEntry[],
): Root {
  const epoch = root.epoch + 1;
  const epochs = pruned([...older, { epoch, kind, nonce }], root.chunks);
  return { ...root, version: root.version + 1, nonce, kind, epoch, epochs };
}

function pruned(epochs: readonly EpochEntry[], chunks: ChunkMark): readonly EpochEntry[] {
  const needed = epochs.findIndex(({ epoch }) => epoch >= chunks.epoch);
  return epochs.slice(Math.max(0, Math.min(needed, epochs.length - MIN_EPOCHS)));
}
