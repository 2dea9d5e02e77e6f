import type { RecordId } from '@wal/core';
import type { SlotPlace } from '../keys/log-keys.ts';

/** Why a root version was written. */
export type RootKind = 'create' | 'open' | 'truncate' | 'trim';

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
  /** The most chunks that any writer of this log sends ahead of the last one acknowledged. */
  readonly maxInFlight: number;
  readonly trim: TrimMark;
  /** Every epoch from the trim mark's on, and at least the last {@link MIN_EPOCHS}; oldest first. */
  readonly epochs: readonly EpochEntry[];
  readonly metadata: Uint8Array;
}

/** So many epochs are remembered also below the trim mark: who lost a race finds out what became of it. */
export const MIN_EPOCHS = 64;
/** The first epoch of a log. */
export const FIRST_EPOCH = 1;

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
  return withNewEpoch(root, nonce, 'truncate', epochs);
}

/** The version that trims. */
export function trimmedRoot(root: Root, nonce: string, trim: TrimMark): Root {
  const { version, epochs } = root;
  return { ...root, version: version + 1, nonce, kind: 'trim', trim, epochs: pruned(epochs, trim) };
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
export function firstSlot({ trim }: Root, epoch: number): number {
  return epoch === trim.epoch ? trim.slot : 0;
}

function withNewEpoch(
  root: Root,
  nonce: string,
  kind: RootKind,
  older: readonly EpochEntry[],
): Root {
  const epoch = root.epoch + 1;
  const epochs = pruned([...older, { epoch, kind, nonce }], root.trim);
  return { ...root, version: root.version + 1, nonce, kind, epoch, epochs };
}

function pruned(epochs: readonly EpochEntry[], trim: TrimMark): readonly EpochEntry[] {
  const needed = epochs.findIndex(({ epoch }) => epoch >= trim.epoch);
  return epochs.slice(Math.max(0, Math.min(needed, epochs.length - MIN_EPOCHS)));
}
