import { batchBytes, encodeFooter, LogError, type SegmentFooter } from '@wal/core';
import { closeQuietly, writeFully } from '../disk/file-io.ts';
import type { MetaState } from '../meta/meta.ts';
import type { Settings } from '../options.ts';
import { scanBatches } from '../segment/batch-scan.ts';
import { readFooter } from '../segment/read-footer.ts';
import type { Segment } from '../segment/segment.ts';
import { SegmentIndex } from '../segment/segment-index.ts';
import { firstIdOf, sequenceOf } from '../segment/segment-name.ts';
import { openScan, type SegmentScan } from '../segment/segment-scan.ts';
import { readDirectory } from './live-segments.ts';

/*
 * Before the first batch is written to a new segment, the footer of the one that was the tail says which
 * segment the log went on in. So a META that still takes it for the tail is an older copy of itself, which
 * opening sees without listing the directory.
 */

/**
 * Names the successor of a segment that this process has not written itself, durably. Adds the footer,
 * if it has none.
 */
export async function nameSuccessor(
  { disk, directory }: Settings,
  segment: Segment,
  meta: MetaState,
  successor: number,
): Promise<void> {
  const scan = await openScan(disk, directory, segment, meta, 'write');
  const { file, salt } = scan;
  try {
    const footer =
      (await readFooter(file, segment.firstId, salt)) ?? (await scanned(scan, segment));
    const bytes = encodeFooter({ ...footer, successor }, segment.firstId, salt);
    await writeFully(file, bytes, footer.byteOffset);
    await file.truncate(footer.byteOffset + bytes.length);
    await file.sync();
  } finally {
    await closeQuietly(file);
  }
}

/**
 * A footer for a segment that has none, where its batches are known to end. Damage before that is no end: what is
 * behind it stays, for whoever repairs the segment, and is only not in the index.
 */
async function scanned(scan: SegmentScan, segment: Segment): Promise<SegmentFooter> {
  const index = new SegmentIndex(segment.firstId);
  let { byteOffset, nextId } = scan.start;
  const end = segment.readableEnd ?? Number.POSITIVE_INFINITY;
  await scanBatches(scan, scan.start, (batch) => {
    if (batch.byteOffset >= end) return;
    index.add(batch.firstId, batch.byteOffset);
    nextId = batch.firstId + batch.recordCount;
    byteOffset = batch.byteOffset + batchBytes(batch.bodyBytes);
  });
  return { byteOffset: segment.readableEnd ?? byteOffset, nextId, entries: index.entries };
}

/**
 * Refuses META when its tail says that it is not the end of the log.
 * @throws LogError `ERR_LOG_CORRUPT` with the segment that follows, and its first id
 */
export async function refuseOlderMeta(
  { disk, directory }: Settings,
  segment: Segment,
  footer: SegmentFooter | undefined,
): Promise<void> {
  const successor = footer?.successor;
  if (successor === undefined) return;
  const { segmentNames } = await readDirectory(disk, directory);
  const name = segmentNames.find((each) => sequenceOf(each) === successor);
  const firstAffectedId = name === undefined ? footer?.nextId : firstIdOf(name);
  throw new LogError(
    'ERR_LOG_CORRUPT',
    `META is older than the segment that follows its tail, tail=${segment.name} ` +
      `segment=${name ?? 'unknown'} firstAffectedId=${firstAffectedId}`,
    { segment: name ?? segment.name, byteOffset: 0, firstAffectedId },
  );
}
