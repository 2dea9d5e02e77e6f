import { join } from 'node:path';
import {
  BATCH_HEADER_BYTES,
  BatchBuilder,
  type Disk,
  type DiskFile,
  encodeSegmentHeader,
  segmentHeaderBytes,
  segmentSalt,
} from '@wal/core';
import { writeFully } from '../disk/file-io.ts';
import type { MetaState } from '../meta/meta.ts';
import type { BatchDamage } from '../verification/batch-survey.ts';
import type { CheckedSegment } from '../verification/segment-check.ts';
import { epochOf, type SegmentFacts } from '../verification/segment-facts.ts';

/** Writes a segment's header again: its name, META and the segment before tell what was in it. */
export async function rewriteHeader(
  disk: Disk,
  directory: string,
  { uuid, metadata }: MetaState,
  { link }: CheckedSegment,
  predecessor: number,
): Promise<void> {
  const { sequence, firstId, facts } = link;
  const bytes = new Uint8Array(segmentHeaderBytes(metadata.length));
  const epoch = (facts as SegmentFacts).epoch;
  const createdAtMs = Date.now();
  encodeSegmentHeader(
    { uuid, epoch, sequence, predecessor, firstId, createdAtMs, metadata },
    bytes,
  );
  await edit(disk, join(directory, link.name), (file) => writeFully(file, bytes, 0));
}

/** Whether the damage is to batches of no records, which are all of one size. */
export function isMarks({ firstId, nextId, bytes }: BatchDamage): boolean {
  return nextId === firstId && bytes > 0 && bytes % BATCH_HEADER_BYTES === 0;
}

/** Writes batches of no records again. */
export async function rewriteMarks(
  disk: Disk,
  directory: string,
  { uuid }: MetaState,
  { link }: CheckedSegment,
  { byteOffset, bytes, firstId }: BatchDamage,
): Promise<void> {
  const salt = segmentSalt(uuid, link.sequence);
  const epoch = epochOf(link.facts as SegmentFacts, uuid);
  await edit(disk, join(directory, link.name), async (file) => {
    for (let at = byteOffset; at < byteOffset + bytes; at += BATCH_HEADER_BYTES) {
      const place = { byteOffset: at, durableOffset: at };
      const mark = { firstId, epoch, appendedAtMs: Date.now(), salt, ...place };
      await writeFully(file, new BatchBuilder().finish(mark), at);
    }
  });
}

async function edit(
  disk: Disk,
  path: string,
  change: (file: DiskFile) => Promise<void>,
): Promise<void> {
  const file = await disk.open(path, 'write');
  try {
    await change(file);
    await file.sync();
  } finally {
    await file.close();
  }
}
