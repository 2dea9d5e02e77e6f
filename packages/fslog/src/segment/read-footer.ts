import {
  type DiskFile,
  decodeFooter,
  FOOTER_TRAILER_BYTES,
  footerBytes,
  type RecordId,
  type SegmentFooter,
} from '@wal/core';
import { readFully } from '../disk/file-io.ts';

/** The footer at the end of a segment's file; `undefined` if there is none that checks out. */
export async function readFooter(
  file: DiskFile,
  firstId: RecordId,
  salt: number,
): Promise<SegmentFooter | undefined> {
  const size = await file.size();
  if (size < FOOTER_TRAILER_BYTES) return undefined;
  const trailer = await readFully(file, size - FOOTER_TRAILER_BYTES, FOOTER_TRAILER_BYTES);
  const length = footerBytes(trailer);
  // 8 bytes an entry, entries 4 KiB apart: a length beyond that is no footer's, and is not allocated.
  if (length === undefined || length > 64 + size / 512 || length > size) return undefined;
  const bytes = await readFully(file, size - length, length);
  return decodeFooter(bytes, size - length, firstId, salt);
}
