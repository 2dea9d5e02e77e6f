import {
  BATCH_ALIGNMENT,
  BATCH_HEADER_BYTES,
  BATCH_MAGIC,
  type BatchHeader,
  batchBytes,
  type DiskFile,
  decodeBatchHeader,
  isBodyIntact,
  isFooterMagic,
  type RecordId,
  refuseUnsupportedBatch,
  viewOf,
} from '@wal/core';
import { readFully } from '../disk/file-io.ts';

const CHUNK_BYTES = 1_048_576;

let spareChunk: Uint8Array | undefined;

/**
 * Lends memory for a chunk and the header behind it. It is kept for the next scan: most segments that are
 * scanned are short, and to clear a megabyte for each takes longer than to scan it.
 */
async function withChunk<T>(scan: (chunk: Uint8Array) => Promise<T>): Promise<T> {
  const chunk = spareChunk ?? new Uint8Array(CHUNK_BYTES + BATCH_HEADER_BYTES);
  spareChunk = undefined;
  try {
    return await scan(chunk);
  } finally {
    spareChunk = chunk;
  }
}

/** How far a scan of a segment's batches has come. */
export interface ScanPoint {
  /** Where the next batch begins. */
  readonly byteOffset: number;
  /** The id it must begin with. */
  readonly nextId: RecordId;
  /** The highest durable offset that a batch so far has stated. */
  readonly durableOffset: number;
}

/** Why a scan stopped: no more bytes but zeros, a footer, or bytes that do not check out. */
export type ScanStop = 'end' | 'footer' | 'damage';

export interface ScannedSegment {
  readonly file: DiskFile;
  readonly name: string;
  readonly salt: number;
  /** Every batch of a segment is of the epoch in its header: a new owner starts a new segment. */
  readonly epoch: number;
}

/**
 * Reads and verifies batch after batch from `from`, calling `visit` for each one that checks out.
 * @throws LogError `ERR_LOG_UNSUPPORTED_FORMAT` for an intact batch that this code cannot represent
 */
export async function scanBatches(
  segment: ScannedSegment,
  from: ScanPoint,
  visit: (header: BatchHeader) => void,
): Promise<ScanPoint & { readonly stop: ScanStop }> {
  return await withChunk((chunk) => scanWith(chunk, segment, from, visit));
}

async function scanWith(
  chunk: Uint8Array,
  segment: ScannedSegment,
  from: ScanPoint,
  visit: (header: BatchHeader) => void,
): Promise<ScanPoint & { readonly stop: ScanStop }> {
  let point = from;
  let wanted = CHUNK_BYTES;
  for (;;) {
    const into = wanted > CHUNK_BYTES ? undefined : chunk.subarray(0, wanted);
    const bytes = await readFully(segment.file, point.byteOffset, wanted, into);
    const view = viewOf(bytes);
    const isLast = bytes.length < wanted;
    let at = 0;
    wanted = CHUNK_BYTES;
    while (at + BATCH_HEADER_BYTES <= bytes.length) {
      const header = decodeBatchHeader(bytes, view, at, point.byteOffset, segment.salt);
      if (header === undefined) return { ...point, stop: stopAt(bytes, view, at) };
      const length = batchBytes(header.bodyBytes);
      if (at + length > bytes.length) {
        // It goes on behind this chunk, or it says more than the file holds: that is not allocated.
        const isTooLong = point.byteOffset + length > (await segment.file.size());
        if (isLast || isTooLong) return { ...point, stop: 'damage' };
        wanted = Math.max(CHUNK_BYTES, length);
        break;
      }
      if (!isExpected(header, segment, point.nextId) || !isBodyIntact(bytes, at, header)) {
        return { ...point, stop: 'damage' };
      }
      refuseUnsupportedBatch(header, segment.name);
      visit(header);
      at += length;
      point = {
        byteOffset: point.byteOffset + length,
        nextId: header.firstId + header.recordCount,
        durableOffset: Math.max(point.durableOffset, header.durableOffset),
      };
    }
    if (isLast) return { ...point, stop: stopAt(bytes, view, at) };
  }
}

function isExpected(header: BatchHeader, segment: ScannedSegment, nextId: RecordId): boolean {
  return header.firstId === nextId && header.epoch === segment.epoch;
}

/** What the bytes at `at` are that are no batch. */
function stopAt(bytes: Uint8Array, view: DataView, at: number): ScanStop {
  if (isFooterMagic(view, at)) return 'footer';
  const end = Math.min(bytes.length, at + BATCH_HEADER_BYTES);
  for (let i = at; i < end; i++) if (bytes[i] !== 0) return 'damage';
  return 'end';
}

const MAGIC_BYTES = Buffer.alloc(4);
MAGIC_BYTES.writeUInt32LE(BATCH_MAGIC);

/** What lies behind the point where a scan stopped. */
export interface Remainder {
  /** The offset behind the last byte that is not zero; the point itself if all are. */
  readonly end: number;
  /** An intact batch header that was written when more than the point was durable already. */
  readonly proof: BatchHeader | undefined;
}

/**
 * Looks through everything from `byteOffset` on for the proof that what is there was durable once: then
 * it is damaged, and not a write that was cut off.
 */
export async function readRemainder(
  segment: ScannedSegment,
  byteOffset: number,
): Promise<Remainder> {
  return await withChunk((chunk) => readRemainderWith(chunk, segment, byteOffset));
}

async function readRemainderWith(
  chunk: Uint8Array,
  segment: ScannedSegment,
  byteOffset: number,
): Promise<Remainder> {
  let end = byteOffset;
  for (let at = byteOffset; ; at += CHUNK_BYTES) {
    // A header may begin in one chunk and end in the next.
    const bytes = await readFully(segment.file, at, chunk.length, chunk);
    if (bytes.length === 0) return { end, proof: undefined };
    const proof = findProof(segment, bytes, at, byteOffset);
    if (proof !== undefined) return { end, proof };
    const own = Math.min(bytes.length, CHUNK_BYTES);
    const last = lastNonZero(bytes, own);
    if (last >= 0) end = at + last + 1;
    if (bytes.length <= CHUNK_BYTES) return { end, proof: undefined };
  }
}

function findProof(
  segment: ScannedSegment,
  bytes: Uint8Array,
  base: number,
  byteOffset: number,
): BatchHeader | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const view = viewOf(bytes);
  for (let at = buffer.indexOf(MAGIC_BYTES); at >= 0; at = buffer.indexOf(MAGIC_BYTES, at + 1)) {
    if ((base + at) % BATCH_ALIGNMENT !== 0) continue;
    const header = decodeBatchHeader(bytes, view, at, base + at, segment.salt);
    if (header !== undefined && header.durableOffset > byteOffset) return header;
  }
  return undefined;
}

function lastNonZero(bytes: Uint8Array, length: number): number {
  let last = length - 1;
  if (bytes.byteOffset % 4 === 0) {
    // Preallocated zeros, for the most part: four at a time as far as they go.
    while ((last + 1) % 4 !== 0 && bytes[last] === 0) last--;
    if ((last + 1) % 4 === 0) {
      const words = new Int32Array(bytes.buffer, bytes.byteOffset, (last + 1) / 4);
      let whole = words.length;
      while (whole > 0 && words[whole - 1] === 0) whole--;
      last = whole * 4 - 1;
    }
  }
  while (last >= 0 && bytes[last] === 0) last--;
  return last;
}
