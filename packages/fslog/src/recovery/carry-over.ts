import { join } from 'node:path';
import { BatchBuilder, isLogError, type RecordId } from '@wal/core';
import { isNoSpace } from '../disk/storage-error.ts';
import type { MetaState } from '../meta/meta.ts';
import type { MetaFile } from '../meta/meta-file.ts';
import type { Settings } from '../options.ts';
import { CHUNK_BYTES } from '../read/log-reader.ts';
import { firstSequenceOf } from '../segment/segment-name.ts';
import { SegmentReader } from '../segment/segment-reader.ts';
import { type SegmentPlace, SegmentWriter, WriteFailure } from '../segment/segment-writer.ts';
import { type RecoveredTail, TailChanged } from './tail-recovery.ts';

/**
 * Writes what is not proven to be durable to a segment of its own, and makes that the tail. To sync its old
 * place would not do: after a failed sync a file system may call bytes durable that it never writes again.
 * And whoever wrote them may only be stalled: what it still does to them does not matter any more.
 *
 * When it resolves, the records are durable there, and META says so. `undefined` when nothing has changed: there
 * are no such records, or they are all trimmed, or there is no space for them.
 * @throws TailChanged if they are not there any more
 */
export async function carryOver(
  settings: Settings,
  meta: MetaFile,
  tail: RecoveredTail,
): Promise<SegmentWriter | undefined> {
  const { epoch, firstId } = meta.state;
  // After a trim beyond its end the ids go on elsewhere.
  if (tail.unproven === undefined || tail.nextId <= firstId) return undefined;
  const from = tail.unproven.firstId;
  const isWhole = from === tail.segment.firstId;
  const sequence = firstSequenceOf(epoch);
  const predecessor = isWhole ? tail.predecessor : tail.segment.sequence;
  const place = { sequence, predecessor, firstId: from };
  const writer = await writeDurably(settings, meta.state, place, tail);
  if (writer === undefined) return undefined;
  try {
    // From here on META may name it, whatever fails.
    await meta.commit({ tail: { sequence, firstId: from }, clean: undefined });
    writer.publish();
    tail.segment.readableEnd = tail.unproven.byteOffset;
    return writer;
  } catch (error) {
    await writer.abandon().catch(() => undefined);
    throw error;
  }
}

/** A segment with the tail's records from the segment's first id on; `undefined` when there is no space for it. */
async function writeDurably(
  settings: Settings,
  state: MetaState,
  place: SegmentPlace,
  tail: RecoveredTail,
): Promise<SegmentWriter | undefined> {
  const { disk, directory } = settings;
  let writer: SegmentWriter | undefined;
  try {
    writer = await SegmentWriter.create(settings, state, place);
    await copyRecords(settings, state.uuid, tail, place.firstId, writer);
    await writer.sync();
    await writer.mark(Date.now()); // So that the next owner need not carry it on.
    return writer;
  } catch (error) {
    await writer?.abandon().catch(() => undefined);
    const cause = error instanceof WriteFailure ? error.cause : error;
    const isGone = isLogError(cause, 'ERR_LOG_CORRUPT');
    if (!isNoSpace(cause) && !isGone) throw cause;
    const path = writer && join(directory, writer.segment.name);
    // If it stays, it is garbage that META does not know of.
    if (path !== undefined) await disk.remove(path).catch(() => undefined);
    if (isGone) throw new TailChanged(cause);
    return undefined;
  }
}

async function copyRecords(
  { disk, directory }: Settings,
  uuid: Uint8Array,
  { segment, nextId }: RecoveredTail,
  from: RecordId,
  writer: SegmentWriter,
): Promise<void> {
  const reader = await SegmentReader.open(disk, join(directory, segment.name), segment, uuid);
  const batch = new BatchBuilder();
  try {
    for (let id = from; id < nextId; ) {
      const records = await reader.read(id, nextId - 1, CHUNK_BYTES);
      batch.reset();
      for (const { data } of records) batch.add(data);
      await writer.write([batch], Date.now());
      id += records.length;
    }
  } finally {
    await reader.close();
  }
}
