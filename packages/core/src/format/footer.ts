import { crc32 } from '../crc32.ts';
import type { RecordId } from '../record.ts';
import { getUint64, setUint64, viewOf } from './uint64.ts';

/*
 * The index footer, right behind the last batch, little-endian:
 *
 *   0  4  magic "INDX"              24  8  next id: the one after the segment's last
 *   4  4  CRC of bytes 8 to the end 32  8  successor's sequence, 0 = none
 *   8  4  footer bytes, all         40  8  × entry count: id − first id of the segment (4), byte offset (4)
 *  12  4  entry count                …  4  footer bytes, again
 *  16  8  byte offset of the footer  …  4  magic "WALE"
 *
 * Reader: the last 8 bytes of the segment say where the footer begins. It is a cache: where it is absent
 * or does not check out, a scan of the batches gives the same. The CRC is seeded with the segment's salt.
 */
// Twelve bits from "WALB": a flipped bit never makes a footer, the end of the data, of a batch.
const MAGIC = 0x58444e49;
const END_MAGIC = 0x454c4157;
const FIXED_BYTES = 40;
const ENTRY_BYTES = 8;
const TRAILER_BYTES = 8;

/** The bytes at a segment's end that say how long its footer is. */
export const FOOTER_TRAILER_BYTES: number = TRAILER_BYTES;

/** A batch to start reading from. */
export interface IndexEntry {
  /** The id of the batch's first record. */
  readonly firstId: RecordId;
  /** Where the batch begins, from the start of the segment. */
  readonly byteOffset: number;
}

/** The index behind the batches of a segment that is written no more. */
export interface SegmentFooter {
  /** Where the batches end and the footer begins. */
  readonly byteOffset: number;
  /** The id after the segment's last record; its first id when it has none. */
  readonly nextId: RecordId;
  /** The sequence of the segment that the log went on in; `undefined` when this one was its end. */
  readonly successor?: number | undefined;
  /** Batches in order, at least 4 KiB apart, the first batch always among them. */
  readonly entries: readonly IndexEntry[];
}

/** Encodes a footer for the segment that begins with id `firstId`. */
export function encodeFooter(footer: SegmentFooter, firstId: RecordId, salt: number): Uint8Array {
  const length = FIXED_BYTES + footer.entries.length * ENTRY_BYTES + TRAILER_BYTES;
  const bytes = new Uint8Array(length);
  const view = viewOf(bytes);
  view.setUint32(0, MAGIC, true);
  view.setUint32(8, length, true);
  view.setUint32(12, footer.entries.length, true);
  setUint64(view, 16, footer.byteOffset);
  setUint64(view, 24, footer.nextId);
  setUint64(view, 32, footer.successor ?? 0);
  let at = FIXED_BYTES;
  for (const entry of footer.entries) {
    view.setUint32(at, entry.firstId - firstId, true);
    view.setUint32(at + 4, entry.byteOffset, true);
    at += ENTRY_BYTES;
  }
  view.setUint32(at, length, true);
  view.setUint32(at + 4, END_MAGIC, true);
  view.setUint32(4, crc32(bytes.subarray(8), salt), true);
  return bytes;
}

/** How long the footer is whose segment ends with `trailer` (8 bytes); `undefined` if there is none. */
export function footerBytes(trailer: Uint8Array): number | undefined {
  if (trailer.length !== TRAILER_BYTES) return undefined;
  const view = viewOf(trailer);
  const length = view.getUint32(0, true);
  if (view.getUint32(4, true) !== END_MAGIC) return undefined;
  return length >= FIXED_BYTES + TRAILER_BYTES && length % ENTRY_BYTES === 0 ? length : undefined;
}

/** Whether a footer may begin at `at`: a scan of batches ends there. */
export function isFooterMagic(view: DataView, at: number): boolean {
  return at + 4 <= view.byteLength && view.getUint32(at, true) === MAGIC;
}

/** The footer in `bytes`, read from `byteOffset` to the segment's end; `undefined` unless it checks out. */
export function decodeFooter(
  bytes: Uint8Array,
  byteOffset: number,
  firstId: RecordId,
  salt: number,
): SegmentFooter | undefined {
  if (bytes.length < FIXED_BYTES + TRAILER_BYTES) return undefined;
  const view = viewOf(bytes);
  const count = view.getUint32(12, true);
  if (
    !isFooterMagic(view, 0) ||
    view.getUint32(8, true) !== bytes.length ||
    bytes.length !== FIXED_BYTES + count * ENTRY_BYTES + TRAILER_BYTES ||
    getUint64(view, 16) !== byteOffset ||
    view.getUint32(4, true) !== crc32(bytes.subarray(8), salt)
  ) {
    return undefined;
  }
  const entries = Array.from({ length: count }, (_, i) => ({
    firstId: firstId + view.getUint32(FIXED_BYTES + i * ENTRY_BYTES, true),
    byteOffset: view.getUint32(FIXED_BYTES + i * ENTRY_BYTES + 4, true),
  }));
  const successor = getUint64(view, 32) || undefined;
  return { byteOffset, nextId: getUint64(view, 24), successor, entries };
}
