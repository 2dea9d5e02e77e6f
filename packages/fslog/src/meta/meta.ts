import {
  checkedVersion,
  crc32,
  FORMAT_VERSION,
  type FormatField,
  getUint64,
  layOut,
  MAX_METADATA_BYTES,
  MAX_RECORD_ID,
  type RecordId,
  setUint64,
  viewOf,
} from '@wal/core';

/*
 * One slot of a META file, 4096 bytes, little-endian:
 *
 *   0  8  magic                      56  8  tail segment's sequence, 0 = none yet
 *   8  2  format version             64  8  tail segment's first id
 *  10  2  its complement             72  8  clean close: where the tail's batches end, 0 = not clean
 *  12  4  CRC of all but these four  80  8  clean close: next id
 *  16 16  log uuid                   88  8  owner
 *  32  8  counter of commits         96  4  metadata bytes
 *  40  8  epoch                     100  4  zeros
 *  48  8  trim mark + 1             104  …  metadata, then zeros
 *
 * A file is two slots, and only one owner of the log ever writes it. The state is the valid slot with the
 * higher counter. A commit writes and syncs the other slot first, then this one: a tear leaves the old
 * state or the new, and once committed, either slot alone tells it.
 */

/** The size of a slot of META; a file of META has two. */
export const META_SLOT_BYTES: number = 4096;
const MAGIC = Uint8Array.of(0x89, 0x57, 0x41, 0x4c, 0x4d, 0x45, 0x54, 0x0a); // \x89WALMET\n
const METADATA_AT = 104;

/** A slot of a META file, up to the metadata. */
export const META_SLOT_FIELDS: readonly FormatField[] = layOut([
  ['magic', 8, 'text'],
  ['format version', 2, 'number'],
  ['its complement', 2, 'check'],
  ['CRC of the rest', 4, 'check'],
  ['log uuid', 16, 'name'],
  ['counter of commits', 8, 'number'],
  ['epoch', 8, 'number'],
  ['trim mark + 1', 8, 'number'],
  ['sequence of the tail', 8, 'number'],
  ['first id of the tail', 8, 'number'],
  ['clean close: end of the batches', 8, 'number'],
  ['clean close: next id', 8, 'number'],
  ['owner', 8, 'name'],
  ['metadata bytes', 4, 'number'],
  ['zero', 4, 'zero'],
]);

/** The state of a log that its segments do not tell. */
export interface MetaState {
  /** 16 bytes, given at creation. */
  readonly uuid: Uint8Array;
  /** Rises with every opening for writing. */
  readonly epoch: number;
  /** The id of the lock under which the log was opened, 8 bytes: whose end is the end of all writing here. */
  readonly owner: Uint8Array;
  /** The first id that is not trimmed: trim mark + 1. */
  readonly firstId: RecordId;
  /** The segment that the newest records are in; sequence 0 while the log has none. */
  readonly tail: { readonly sequence: number; readonly firstId: RecordId };
  /** How the last writer left the tail, if it closed the log and nobody has written since. */
  readonly clean: { readonly byteOffset: number; readonly nextId: RecordId } | undefined;
  /** What the log's user gave at creation: up to 2,048 bytes. */
  readonly metadata: Uint8Array;
}

/** A slot as it was found. */
export type MetaSlot =
  | { readonly kind: 'state'; readonly counter: number; readonly state: MetaState }
  | { readonly kind: 'unsupported'; readonly version: number; readonly what: string }
  | { readonly kind: 'foreign' }
  | { readonly kind: 'damaged' };

export function encodeMetaSlot(state: MetaState, counter: number): Uint8Array {
  const bytes = new Uint8Array(META_SLOT_BYTES);
  const view = viewOf(bytes);
  bytes.set(MAGIC, 0);
  view.setUint16(8, FORMAT_VERSION, true);
  view.setUint16(10, ~FORMAT_VERSION, true);
  bytes.set(state.uuid, 16);
  setUint64(view, 32, counter);
  setUint64(view, 40, state.epoch);
  setUint64(view, 48, state.firstId);
  setUint64(view, 56, state.tail.sequence);
  setUint64(view, 64, state.tail.firstId);
  setUint64(view, 72, state.clean?.byteOffset ?? 0);
  setUint64(view, 80, state.clean?.nextId ?? 0);
  bytes.set(state.owner, 88);
  view.setUint32(96, state.metadata.length, true);
  bytes.set(state.metadata, METADATA_AT);
  view.setUint32(12, slotCrc(bytes), true);
  return bytes;
}

/** Reads the slot in `bytes`, which may be shorter than a slot if the file is. */
export function decodeMetaSlot(bytes: Uint8Array): MetaSlot {
  if (bytes.length < 12 || MAGIC.some((byte, i) => bytes[i] !== byte)) return { kind: 'foreign' };
  const view = viewOf(bytes);
  const version = checkedVersion(view.getUint16(8, true), view.getUint16(10, true));
  if (version === undefined) return { kind: 'damaged' };
  if (version !== FORMAT_VERSION) {
    return { kind: 'unsupported', version, what: `is of format version ${version}` };
  }
  if (bytes.length < META_SLOT_BYTES) return { kind: 'damaged' };
  const metadataBytes = view.getUint32(96, true);
  if (view.getUint32(12, true) !== slotCrc(bytes) || metadataBytes > MAX_METADATA_BYTES) {
    return { kind: 'damaged' };
  }
  if (holdsTooLargeId(view)) {
    return { kind: 'unsupported', version, what: 'holds an id above 2^53 - 1' };
  }
  const cleanOffset = getUint64(view, 72);
  const state: MetaState = {
    uuid: bytes.slice(16, 32),
    epoch: getUint64(view, 40),
    owner: bytes.slice(88, 96),
    firstId: getUint64(view, 48),
    tail: { sequence: getUint64(view, 56), firstId: getUint64(view, 64) },
    clean: cleanOffset === 0 ? undefined : { byteOffset: cleanOffset, nextId: getUint64(view, 80) },
    metadata: bytes.slice(METADATA_AT, METADATA_AT + metadataBytes),
  };
  return { kind: 'state', counter: getUint64(view, 32), state };
}

/** The first id and the next id may be one above the last id that there is. */
function holdsTooLargeId(view: DataView): boolean {
  const last = BigInt(MAX_RECORD_ID);
  const idAt = (at: number): bigint => view.getBigUint64(at, true);
  return idAt(48) > last + 1n || idAt(64) > last || idAt(80) > last + 1n;
}

function slotCrc(bytes: Uint8Array): number {
  return crc32(bytes.subarray(16), crc32(bytes.subarray(0, 12)));
}

/** Whether two states tell of the same segments and ids, whoever owned the log. */
export function isSameLog(a: MetaState, b: MetaState): boolean {
  return (
    a.firstId === b.firstId &&
    a.tail.sequence === b.tail.sequence &&
    a.tail.firstId === b.tail.firstId &&
    a.clean?.byteOffset === b.clean?.byteOffset &&
    a.clean?.nextId === b.clean?.nextId
  );
}
