import { open } from 'node:fs/promises';
import {
  decodeFooter,
  decodeSegmentHeader,
  FOOTER_TRAILER_BYTES,
  footerBytes,
  isLogError,
  MAX_SEGMENT_HEADER_BYTES,
  type RecordId,
  segmentSalt,
} from '@wal/core';

/** What a segment's file says without its batches being read. */
export interface SegmentSummary {
  readonly bytes: number;
  /** The id after its last record, by its footer; `undefined` where there is none that checks out. */
  readonly nextId: RecordId | undefined;
}

/** Two or three small reads. @throws the system's errors */
export async function summarizeSegment(path: string): Promise<SegmentSummary> {
  const file = await open(path);
  try {
    const { size: bytes } = await file.stat();
    const read = async (at: number, length: number): Promise<Uint8Array> => {
      const buffer = new Uint8Array(Math.max(0, Math.min(length, bytes - at)));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
      return buffer.subarray(0, bytesRead);
    };
    const trailerAt = Math.max(0, bytes - FOOTER_TRAILER_BYTES);
    const length = footerBytes(await read(trailerAt, FOOTER_TRAILER_BYTES));
    if (length === undefined || length > bytes) return { bytes, nextId: undefined };
    const header = decodeSegmentHeader(await read(0, MAX_SEGMENT_HEADER_BYTES), path);
    const { uuid, sequence, firstId } = header;
    const footer = await read(bytes - length, length);
    const salt = segmentSalt(uuid, sequence);
    return { bytes, nextId: decodeFooter(footer, bytes - length, firstId, salt)?.nextId };
  } catch (error) {
    if (!isLogError(error)) throw error;
    return { bytes: (await file.stat()).size, nextId: undefined }; // Its header is damaged.
  } finally {
    await file.close();
  }
}
