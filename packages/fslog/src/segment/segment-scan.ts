import { join } from 'node:path';
import { type Disk, segmentSalt } from '@wal/core';
import { closeQuietly } from '../disk/file-io.ts';
import type { MetaState } from '../meta/meta.ts';
import type { ScannedSegment, ScanPoint } from './batch-scan.ts';
import type { Segment } from './segment.ts';
import { readHeader } from './segment-reader.ts';

/** A segment whose batches are about to be scanned, and where they begin. */
export interface SegmentScan extends ScannedSegment {
  readonly start: ScanPoint;
  /** The sequence of the segment that it goes on from. */
  readonly predecessor: number;
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
    const { epoch, headerBytes, predecessor } = await readHeader(file, segment, meta.uuid);
    return {
      file,
      name: segment.name,
      salt: segmentSalt(meta.uuid, segment.sequence),
      epoch,
      predecessor,
      start: { byteOffset: headerBytes, nextId: segment.firstId, durableOffset: headerBytes },
    };
  } catch (error) {
    await closeQuietly(file);
    throw error;
  }
}
