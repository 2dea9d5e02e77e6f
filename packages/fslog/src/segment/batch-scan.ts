import {
  BATCH_HEADER_BYTES,
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

export const SCAN_CHUNK_BYTES: number = 1_048_576;

let spareChunk: Uint8Array | undefined;

/**
 * Lends memory for a chunk and the header behind it. It is kept for the next scan: most segments that are
 * scanned are short, and to clear a megabyte for each takes longer than to scan it.
 */
export async function withChunk<T>(scan: (chunk: Uint8Array) => Promise<T>): Promise<T> {
  const chunk = spareChunk ?? new Uint8Array(SCAN_CHUNK_BYTES + BATCH_HEADER_BYTES);
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
  let wanted = SCAN_CHUNK_BYTES;
  for (;;) {
    const into = wanted > SCAN_CHUNK_BYTES ? undefined : chunk.subarray(0, wanted);
    const bytes = await readFully(segment.file, point.byteOffset, wanted, into);
    const view = viewOf(bytes);
    const isLast = bytes.length < wanted;
    let at = 0;
    wanted = SCAN_CHUNK_BYTES;
    while (at + BATCH_HEADER_BYTES <= bytes.length) {
      const header = decodeBatchHeader(bytes, view, at, point.byteOffset, segment.salt);
      if (header === undefined) return { ...point, stop: stopAt(bytes, view, at) };
      const length = batchBytes(header.bodyBytes);
      if (at + length > bytes.length) {
        // It goes on behind this chunk, or it says more than the file holds: that is not allocated.
        const isTooLong = point.byteOffset + length > (await segment.file.size());
        if (isLast || isTooLong) return { ...point, stop: 'damage' };
        wanted = Math.max(SCAN_CHUNK_BYTES, length);
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
