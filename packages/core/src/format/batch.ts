import { crc32 } from '../crc32.ts';
import { LogError } from '../errors.ts';
import { type LogRecord, MAX_RECORD_ID, type RecordId } from '../record.ts';
import { getUint64, setUint64 } from './uint64.ts';
import { FORMAT_VERSION } from './version.ts';

/*
 * A batch, at a multiple of 8 bytes in its segment, little-endian:
 *
 *   0  4  magic "WALB"              32  8  append time, ms since 1970
 *   4  4  CRC of bytes 8–63         40  8  byte offset of this batch in its segment
 *   8  4  body bytes                48  8  durable offset
 *  12  4  record count              56  1  codec, 0 = none
 *  16  8  first id                  57  3  zero
 *  24  8  epoch                     60  4  CRC of the body
 *
 *  64  …  body: record count × 4 bytes of length, then the records' bytes; then zeros to a multiple of 8
 *
 * The header CRC is seeded with the segment's salt. The durable offset is how much of the segment was
 * durable when this batch was written: a batch that does not check out below it was damaged afterwards,
 * one above every durable offset may be a torn write. Data ends at a header of 64 zero bytes, at a
 * footer, or at the end of the segment. A batch of no records only says its durable offset.
 */
export const BATCH_MAGIC = 0x424c4157;
/** The size of a batch header, whatever the batch holds. */
export const BATCH_HEADER_BYTES = 64;
/** Batches and footers begin at multiples of this. */
export const BATCH_ALIGNMENT = 8;

/** What a batch says of itself. Offsets are bytes from the start of its segment. */
export interface BatchHeader {
  /** The lengths and the bytes of the records, without padding. */
  readonly bodyBytes: number;
  readonly recordCount: number;
  /** The id of its first record; without records, of the one that comes next. */
  readonly firstId: RecordId;
  /** The generation of the writer that wrote it. */
  readonly epoch: number;
  /** Milliseconds since 1970. */
  readonly appendedAtMs: number;
  /** Where it begins. */
  readonly byteOffset: number;
  /** Up to where the segment was durable when it was written. */
  readonly durableOffset: number;
  /** How the body is encoded; 0: as it is. */
  readonly codec: number;
  readonly bodyCrc: number;
}

/** The bytes that a batch with such a body takes in its segment, padding included. */
export function batchBytes(bodyBytes: number): number {
  return BATCH_HEADER_BYTES + Math.ceil(bodyBytes / BATCH_ALIGNMENT) * BATCH_ALIGNMENT;
}

/** Writes a header at `at` of `bytes`, of which `view` is a view. */
export function encodeBatchHeader(
  header: BatchHeader,
  salt: number,
  bytes: Uint8Array,
  view: DataView,
  at: number,
): void {
  view.setUint32(at, BATCH_MAGIC, true);
  view.setUint32(at + 8, header.bodyBytes, true);
  view.setUint32(at + 12, header.recordCount, true);
  setUint64(view, at + 16, header.firstId);
  setUint64(view, at + 24, header.epoch);
  setUint64(view, at + 32, header.appendedAtMs);
  setUint64(view, at + 40, header.byteOffset);
  setUint64(view, at + 48, header.durableOffset);
  view.setUint32(at + 56, header.codec, true);
  view.setUint32(at + 60, header.bodyCrc, true);
  view.setUint32(at + 4, crc32(bytes.subarray(at + 8, at + BATCH_HEADER_BYTES), salt), true);
}

/**
 * The batch header at `at` of `bytes`, of which `view` is a view; `undefined` unless all of it is there,
 * checks out and says that it belongs at `byteOffset` of the segment of this salt.
 */
export function decodeBatchHeader(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  byteOffset: number,
  salt: number,
): BatchHeader | undefined {
  if (at + BATCH_HEADER_BYTES > bytes.length || view.getUint32(at, true) !== BATCH_MAGIC) {
    return undefined;
  }
  const crc = crc32(bytes.subarray(at + 8, at + BATCH_HEADER_BYTES), salt);
  if (view.getUint32(at + 4, true) !== crc || getUint64(view, at + 40) !== byteOffset) {
    return undefined;
  }
  return {
    bodyBytes: view.getUint32(at + 8, true),
    recordCount: view.getUint32(at + 12, true),
    firstId: getUint64(view, at + 16),
    epoch: getUint64(view, at + 24),
    appendedAtMs: getUint64(view, at + 32),
    byteOffset,
    durableOffset: getUint64(view, at + 48),
    codec: view.getUint32(at + 56, true),
    bodyCrc: view.getUint32(at + 60, true),
  };
}

/**
 * Refuses an intact batch that this release cannot represent.
 * @throws LogError `ERR_LOG_UNSUPPORTED_FORMAT` for an unknown codec and for ids above 2^53 − 1
 */
export function refuseUnsupportedBatch(header: BatchHeader, segment: string): void {
  const isTooLarge = header.recordCount > MAX_RECORD_ID - header.firstId + 1;
  if (header.codec === 0 && !isTooLarge) return;
  const what = isTooLarge ? 'holds an id above 2^53 - 1' : `codec ${header.codec} is not known`;
  throw new LogError(
    'ERR_LOG_UNSUPPORTED_FORMAT',
    `${what}, segment=${segment} byteOffset=${header.byteOffset}`,
    { segment, byteOffset: header.byteOffset, version: FORMAT_VERSION },
  );
}

/** Whether the body of a batch whose header is at `at` is all there and checks out. */
export function isBodyIntact(bytes: Uint8Array, at: number, header: BatchHeader): boolean {
  const start = at + BATCH_HEADER_BYTES;
  const end = start + header.bodyBytes;
  return (
    end <= bytes.length &&
    header.recordCount * 4 <= header.bodyBytes &&
    crc32(bytes.subarray(start, end)) === header.bodyCrc
  );
}

/**
 * Appends to `out` the records, from id `from` to id `through`, of the intact batch whose header is at
 * `at`. Their data shares `bytes`' memory. False if the lengths do not add up to the body.
 */
export function decodeRecords(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  header: BatchHeader,
  from: RecordId,
  through: RecordId,
  out: LogRecord[],
): boolean {
  const { recordCount, firstId } = header;
  const lengthsAt = at + BATCH_HEADER_BYTES;
  let dataAt = lengthsAt + recordCount * 4;
  const end = lengthsAt + header.bodyBytes;
  const first = Math.max(0, from - firstId);
  const last = Math.min(recordCount - 1, through - firstId);
  const { buffer, byteOffset } = bytes; // Once: for each record it is a third of all this takes.
  for (let i = 0; i < recordCount; i++) {
    const length = view.getUint32(lengthsAt + i * 4, true);
    if (dataAt + length > end) return false;
    if (i >= first && i <= last) {
      out.push({ id: firstId + i, data: new Uint8Array(buffer, byteOffset + dataAt, length) });
    }
    dataAt += length;
  }
  return dataAt === end;
}

/**
 * Notes, for each record of the intact batch whose header is at `at`, where its data begins in `bytes` and where it ends.
 * False if the lengths do not add up to the body.
 */
export function decodePlaces(
  view: DataView,
  at: number,
  { recordCount, bodyBytes }: BatchHeader,
  out: number[],
): boolean {
  const lengthsAt = at + BATCH_HEADER_BYTES;
  const end = lengthsAt + bodyBytes;
  let dataAt = lengthsAt + recordCount * 4;
  for (let i = 0; i < recordCount; i++) {
    const length = view.getUint32(lengthsAt + i * 4, true);
    if (dataAt + length > end) return false;
    out.push(dataAt, dataAt + length);
    dataAt += length;
  }
  return dataAt === end;
}
