import { join } from 'node:path';
import { type Disk, segmentSalt } from '@wal/core';
import type { ScannedSegment, ScanPoint } from './batch-scan.ts';
import type { MetaState } from './meta.ts';
import type { Segment } from './segment.ts';
import { readHeader } from './segment-reader.ts';

/** A segment whose batches are about to be scanned, and where they begin. */
export interface SegmentScan extends ScannedSegment {
  readonly start: ScanPoint;
}

/** Opens a segment's file and checks its header. @throws LogError `ERR_LOG_CORRUPT`, `ERR_LOG_UNSUPPORTED_FORMAT` */
export async function openScan(
  disk: Disk,
  directory: string,
  segment: Segment,
  meta: MetaState,
  mode: 'read' | 'write',
): Promise<SegmentScan> {
  const file = await disk.open(join(directory, segment.name), mode);
  try {
    const { epoch, headerBytes } = await readHeader(file, segment, meta.uuid);
    return {
      file,
      name: segment.name,
      salt: segmentSalt(meta.uuid, segment.sequence),
      epoch,
      start: { byteOffset: headerBytes, nextId: segment.firstId, durableOffset: headerBytes },
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}
