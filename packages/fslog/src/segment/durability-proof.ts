import {
  BATCH_ALIGNMENT,
  BATCH_MAGIC,
  type BatchHeader,
  decodeBatchHeader,
  viewOf,
} from '@wal/core';
import { readFully } from '../disk/file-io.ts';
import { SCAN_CHUNK_BYTES, type ScannedSegment, withChunk } from './batch-scan.ts';

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
  for (let at = byteOffset; ; at += SCAN_CHUNK_BYTES) {
    // A header may begin in one chunk and end in the next.
    const bytes = await readFully(segment.file, at, chunk.length, chunk);
    if (bytes.length === 0) return { end, proof: undefined };
    const proof = findProof(segment, bytes, at, byteOffset);
    if (proof !== undefined) return { end, proof };
    const own = Math.min(bytes.length, SCAN_CHUNK_BYTES);
    const last = lastNonZero(bytes, own);
    if (last >= 0) end = at + last + 1;
    if (bytes.length <= SCAN_CHUNK_BYTES) return { end, proof: undefined };
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
