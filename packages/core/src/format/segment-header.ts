import { crc32 } from '../crc32.ts';
import { LogError } from '../errors.ts';
import type { RecordId } from '../record.ts';
import { getUint64, setUint64, viewOf } from './uint64.ts';
import { checkedVersion, FORMAT_VERSION } from './version.ts';

/*
 * The segment header, little-endian:
 *
 *   0  8  magic                     40  8  sequence
 *   8  2  format version            48  8  predecessor's sequence, 0 = none
 *  10  2  its complement            56  8  first id
 *  12  4  header bytes, padded      64  8  created at, ms since 1970
 *  16 16  log uuid                  72  4  metadata bytes
 *  32  8  epoch                     76  4  CRC of bytes 0–75 and the metadata
 *                                   80  …  metadata, then zeros up to a multiple of 8
 *
 * Reader: magic, then version, then length, then CRC; only then the rest means anything.
 */
const MAGIC = Uint8Array.of(0x89, 0x57, 0x41, 0x4c, 0x53, 0x45, 0x47, 0x0a); // \x89WALSEG\n
/** Magic and version: what every version of the format has in the same place. */
const VERSION_END = 12;
const FIXED_BYTES = 80;

/** The largest user metadata of a log: it is in every segment and in every commit of the log's state. */
export const MAX_METADATA_BYTES = 2048;

/** Enough bytes to hold any segment header. */
export const MAX_SEGMENT_HEADER_BYTES: number = FIXED_BYTES + MAX_METADATA_BYTES;

/** What a segment says of itself. */
export interface SegmentHeader {
  /** The log it belongs to: 16 bytes. */
  readonly uuid: Uint8Array;
  /** The writer generation that created it. */
  readonly epoch: number;
  /** The segment's number, which no other one of the log ever has; rises from segment to segment. */
  readonly sequence: number;
  /** The sequence of the segment that it goes on from, 0 for none. */
  readonly predecessor: number;
  /** The id of its first record, or of the record that it will begin with. */
  readonly firstId: RecordId;
  /** Milliseconds since 1970. */
  readonly createdAtMs: number;
  /** What the log's user gave at its creation; empty if nothing. */
  readonly metadata: Uint8Array;
}

/** How many bytes a header with so much metadata takes: where the first batch begins. */
export function segmentHeaderBytes(metadataBytes: number): number {
  return FIXED_BYTES + Math.ceil(metadataBytes / 8) * 8;
}

/** Writes `header` at the start of `into` and returns its length; `into` must have room for it. */
export function encodeSegmentHeader(header: SegmentHeader, into: Uint8Array): number {
  const bytes = segmentHeaderBytes(header.metadata.length);
  const view = viewOf(into);
  into.fill(0, 0, bytes);
  into.set(MAGIC, 0);
  view.setUint16(8, FORMAT_VERSION, true);
  view.setUint16(10, ~FORMAT_VERSION, true);
  view.setUint32(12, bytes, true);
  into.set(header.uuid, 16);
  setUint64(view, 32, header.epoch);
  setUint64(view, 40, header.sequence);
  setUint64(view, 48, header.predecessor);
  setUint64(view, 56, header.firstId);
  setUint64(view, 64, header.createdAtMs);
  view.setUint32(72, header.metadata.length, true);
  into.set(header.metadata, FIXED_BYTES);
  view.setUint32(76, headerCrc(into, header.metadata.length), true);
  return bytes;
}

/**
 * Reads the header at the start of `bytes`, which may be longer; `segment` names it in errors. The
 * result shares `bytes`' memory.
 * @throws LogError `ERR_LOG_UNSUPPORTED_FORMAT` for foreign bytes, another format version and ids above
 * 2^53 − 1; `ERR_LOG_CORRUPT` for a header that was cut or changed.
 */
export function decodeSegmentHeader(
  bytes: Uint8Array,
  segment: string,
): SegmentHeader & { readonly headerBytes: number } {
  const corrupt = (what: string): LogError =>
    new LogError('ERR_LOG_CORRUPT', `segment header ${what}, segment=${segment}`, {
      segment,
      byteOffset: 0,
    });
  const foreignAt = MAGIC.findIndex((byte, i) => bytes[i] !== byte);
  if (foreignAt >= 0 && foreignAt < bytes.length) {
    throw new LogError('ERR_LOG_UNSUPPORTED_FORMAT', `not a segment of a log, segment=${segment}`, {
      segment,
    });
  }
  if (bytes.length < VERSION_END) throw corrupt('is cut short');
  const view = viewOf(bytes);
  const version = checkedVersion(view.getUint16(8, true), view.getUint16(10, true));
  if (version === undefined) throw corrupt('has a broken version');
  if (version !== FORMAT_VERSION) throw unsupportedVersion(segment, version);
  if (bytes.length < FIXED_BYTES) throw corrupt('is cut short');
  const metadataBytes = view.getUint32(72, true);
  const headerBytes = view.getUint32(12, true);
  if (
    metadataBytes > MAX_METADATA_BYTES ||
    headerBytes !== segmentHeaderBytes(metadataBytes) ||
    bytes.length < headerBytes ||
    view.getUint32(76, true) !== headerCrc(bytes, metadataBytes)
  ) {
    throw corrupt('does not match its CRC');
  }
  const header = {
    headerBytes,
    uuid: bytes.subarray(16, 32),
    epoch: getUint64(view, 32),
    sequence: getUint64(view, 40),
    predecessor: getUint64(view, 48),
    firstId: getUint64(view, 56),
    createdAtMs: getUint64(view, 64),
    metadata: bytes.subarray(FIXED_BYTES, FIXED_BYTES + metadataBytes),
  };
  if (!Number.isSafeInteger(header.firstId)) throw unsupportedId(segment);
  return header;
}

/** The seed of every batch CRC of a segment: bytes of another log, segment or place never check out. */
export function segmentSalt(uuid: Uint8Array, sequence: number): number {
  const bytes = new Uint8Array(24);
  bytes.set(uuid, 0);
  setUint64(viewOf(bytes), 16, sequence);
  return crc32(bytes);
}

function headerCrc(bytes: Uint8Array, metadataBytes: number): number {
  return crc32(
    bytes.subarray(FIXED_BYTES, FIXED_BYTES + metadataBytes),
    crc32(bytes.subarray(0, 76)),
  );
}

/** The error for a version that this code does not know. */
function unsupportedVersion(segment: string, version: number): LogError {
  return new LogError(
    'ERR_LOG_UNSUPPORTED_FORMAT',
    `format version ${version} is not ${FORMAT_VERSION}, the one this release reads, segment=${segment}`,
    { segment, version },
  );
}

/** The error for an id that is no safe integer. */
function unsupportedId(segment: string): LogError {
  return new LogError(
    'ERR_LOG_UNSUPPORTED_FORMAT',
    `holds an id above 2^53 - 1, segment=${segment}`,
    { segment, version: FORMAT_VERSION },
  );
}
