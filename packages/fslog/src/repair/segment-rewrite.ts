import { join } from 'node:path';
import {
  BATCH_HEADER_BYTES,
  type BatchHeader,
  batchBytes,
  type Disk,
  type DiskFile,
  encodeBatchHeader,
  encodeFooter,
  encodeSegmentHeader,
  type RecordId,
  segmentHeaderBytes,
  segmentSalt,
  viewOf,
} from '@wal/core';
import { copyRange, writeFully } from '../disk/file-io.ts';
import { errorCode } from '../disk/storage-error.ts';
import type { MetaState } from '../meta/meta.ts';
import { SegmentIndex } from '../segment/segment-index.ts';
import { isSegmentName, segmentName } from '../segment/segment-name.ts';
import { BatchSurveyor } from '../verification/batch-survey.ts';
import { ByteWindow } from '../verification/byte-window.ts';
import type { CheckedSegment } from '../verification/segment-check.ts';
import { epochOf, type SegmentFacts } from '../verification/segment-facts.ts';
import { TolerantFile } from '../verification/tolerant-file.ts';

/** What a rewritten segment is called until it takes its place. */
const DRAFT = '.draft';

/** The end of a segment, written anew under the name that it will have once META lets go of the rest. */
export interface RewrittenSegment {
  readonly name: string;
  readonly draft: string;
}

/**
 * Writes the batches of a segment from `firstId` to before `nextId` to a new file, with the same sequence, so that what
 * follows is linked to it. It takes its place only when it is renamed.
 */
export async function rewriteFrom(
  disk: Disk,
  directory: string,
  state: MetaState,
  segment: CheckedSegment,
  { firstId, nextId }: { readonly firstId: RecordId; readonly nextId: RecordId },
  successor: number,
): Promise<RewrittenSegment> {
  const { link, survey } = segment;
  const name = segmentName(link.sequence, firstId);
  const draft = join(directory, name + DRAFT);
  await disk.remove(draft).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error;
  });
  const source = new TolerantFile(await disk.open(join(directory, link.name), 'read'));
  try {
    const target = await disk.create(draft);
    try {
      const start = survey?.damages.findLast((damage) => damage.nextId === firstId);
      const byteOffset = (start?.byteOffset ?? 0) + (start?.bytes ?? 0);
      await copyBatches(source, target, state, segment, { byteOffset, firstId, nextId }, successor);
      await target.sync();
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
  return { name, draft };
}

/** Gives the draft its final name, durably: the caller removes the segment that it replaces. */
export async function replaceSegment(
  disk: Disk,
  directory: string,
  { name, draft }: RewrittenSegment,
): Promise<void> {
  await disk.rename(draft, join(directory, name));
  await disk.syncDirectory(directory);
}

async function copyBatches(
  source: DiskFile,
  target: DiskFile,
  state: MetaState,
  { link }: CheckedSegment,
  from: { readonly byteOffset: number; readonly firstId: RecordId; readonly nextId: RecordId },
  successor: number,
): Promise<void> {
  const { uuid, metadata } = state;
  const { sequence, facts } = link;
  const epoch = epochOf(facts as SegmentFacts, uuid);
  const { firstId, nextId } = from;
  const bytes = new Uint8Array(segmentHeaderBytes(metadata.length));
  const header = {
    uuid,
    epoch,
    sequence,
    predecessor: 0,
    firstId,
    createdAtMs: Date.now(),
    metadata,
  };
  encodeSegmentHeader(header, bytes);
  await writeFully(target, bytes, 0);
  const salt = segmentSalt(uuid, sequence);
  const index = new SegmentIndex(firstId);
  let end = bytes.length;
  let following = firstId;
  const extent = { ...from, end: undefined, isOpen: false };
  const scanned = { file: source, name: link.name, salt, epoch };
  const surveyor = new BatchSurveyor(scanned, new ByteWindow(), extent, undefined);
  await surveyor.run(async (batch: BatchHeader) => {
    if (batch.firstId !== following) throw changed(link.name);
    const moved = new Uint8Array(BATCH_HEADER_BYTES);
    const place = { byteOffset: end, durableOffset: end };
    encodeBatchHeader({ ...batch, ...place }, salt, moved, viewOf(moved), 0);
    await writeFully(target, moved, end);
    const body = batch.byteOffset + BATCH_HEADER_BYTES;
    const length = batchBytes(batch.bodyBytes);
    const bodyEnd = batch.byteOffset + length;
    await copyRange(source, body, bodyEnd, target, end + BATCH_HEADER_BYTES);
    if (batch.recordCount > 0) index.add(batch.firstId, end);
    end += length;
    following = batch.firstId + batch.recordCount;
  });
  if (following < nextId) throw changed(link.name);
  const footer = { byteOffset: end, nextId: following, successor, entries: index.entries };
  await writeFully(target, encodeFooter(footer, firstId, salt), end);
}

/** Whether a file is what an interrupted repair has left. */
export function isDraft(name: string): boolean {
  return name.endsWith(DRAFT) && isSegmentName(name.slice(0, -DRAFT.length));
}

/** Whoever else may have written to it was fenced: this is not to happen. */
function changed(name: string): Error {
  return new Error(`a segment changed while it was read, segment=${name}`);
}
