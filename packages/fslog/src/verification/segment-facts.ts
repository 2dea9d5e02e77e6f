import { join } from 'node:path';
import {
  type Disk,
  decodeSegmentHeader,
  isLogError,
  MAX_SEGMENT_HEADER_BYTES,
  type RecordId,
  type SegmentFooter,
  segmentHeaderBytes,
  segmentSalt,
} from '@wal/core';
import { readFully } from '../disk/file-io.ts';
import { errorCode } from '../disk/storage-error.ts';
import { readRemainder } from '../segment/durability-proof.ts';
import { readFooter } from '../segment/read-footer.ts';
import { epochOfSequence, firstIdOf, sequenceOf } from '../segment/segment-name.ts';
import { BatchSurveyor } from './batch-survey.ts';
import { ByteWindow } from './byte-window.ts';
import { TolerantFile } from './tolerant-file.ts';

/** A header that checks out, whatever segment it may be of. */
interface FoundHeader {
  readonly uuid: Uint8Array;
  readonly epoch: number;
  readonly sequence: number;
  readonly predecessor: number;
  readonly firstId: RecordId;
  readonly metadata: Uint8Array;
}

/** What a segment's file says of itself, batches apart. */
export interface SegmentFacts {
  readonly name: string;
  readonly sequence: number;
  readonly firstId: RecordId;
  /** Every segment of an owner has its epoch in its sequence. */
  readonly epoch: number;
  /** The header, if one checks out. */
  readonly header: FoundHeader | undefined;
  /** Why a newer release is needed for it. */
  readonly unsupported: string | undefined;
}

/** Reads the header of a segment; `undefined` when the file is gone. */
export async function readFacts(
  disk: Disk,
  directory: string,
  name: string,
): Promise<SegmentFacts | undefined> {
  const [sequence, firstId] = [sequenceOf(name), firstIdOf(name)];
  const epoch = epochOfSequence(sequence);
  const facts = { name, sequence, firstId, epoch, header: undefined, unsupported: undefined };
  const file = await openTolerant(disk, join(directory, name));
  if (file === undefined) return undefined;
  try {
    const bytes = await readFully(file, 0, MAX_SEGMENT_HEADER_BYTES);
    const { uuid, metadata, ...header } = decodeSegmentHeader(bytes, name);
    return {
      ...facts,
      header: { ...header, uuid: uuid.slice(), metadata: metadata.slice() },
    };
  } catch (error) {
    if (!isLogError(error)) throw error;
    return { ...facts, unsupported: error.version === undefined ? undefined : error.message };
  } finally {
    await file.close();
  }
}

/** The file; `undefined` when it is gone. */
export async function openTolerant(disk: Disk, path: string): Promise<TolerantFile | undefined> {
  try {
    return new TolerantFile(await disk.open(path, 'read'));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether the header is that of the segment that the file's name says, in the log with this uuid. */
export function hasOwnHeader(
  { header, sequence, firstId }: SegmentFacts,
  uuid: Uint8Array,
): boolean {
  return (
    header !== undefined &&
    header.sequence === sequence &&
    header.firstId === firstId &&
    Buffer.compare(header.uuid, uuid) === 0
  );
}

/** The epoch of its batches. */
export function epochOf(facts: SegmentFacts, uuid: Uint8Array): number {
  return hasOwnHeader(facts, uuid) && facts.header !== undefined ? facts.header.epoch : facts.epoch;
}

/** The footer, if one checks out. */
export async function footerOf(
  disk: Disk,
  directory: string,
  { name, sequence, firstId }: SegmentFacts,
  uuid: Uint8Array,
): Promise<SegmentFooter | undefined> {
  const file = await openTolerant(disk, join(directory, name));
  if (file === undefined) return undefined;
  try {
    return await readFooter(file, firstId, segmentSalt(uuid, sequence));
  } finally {
    await file.close();
  }
}

/** Whether there is a batch in the file whose header checks out. */
export async function holdsBatch(
  disk: Disk,
  directory: string,
  { name, sequence, epoch }: SegmentFacts,
  uuid: Uint8Array,
): Promise<boolean> {
  const file = await openTolerant(disk, join(directory, name));
  if (file === undefined) return false;
  try {
    const salt = segmentSalt(uuid, sequence);
    return (await readRemainder({ file, name, salt, epoch }, 0)).proof !== undefined;
  } finally {
    await file.close();
  }
}

/** The id after the last record in the file, as far as its batches check out from the start. */
export async function endOf(
  disk: Disk,
  directory: string,
  facts: SegmentFacts,
  uuid: Uint8Array,
): Promise<RecordId> {
  const { name, sequence, firstId } = facts;
  const file = await openTolerant(disk, join(directory, name));
  if (file === undefined) return firstId;
  try {
    const scanned = { file, name, salt: segmentSalt(uuid, sequence), epoch: epochOf(facts, uuid) };
    const byteOffset = segmentHeaderBytes(facts.header?.metadata.length ?? 0);
    const extent = { byteOffset, firstId, nextId: undefined, end: undefined, isOpen: true };
    const surveyor = new BatchSurveyor(scanned, new ByteWindow(), extent, undefined);
    return (await surveyor.run(() => undefined)).nextId;
  } finally {
    await file.close();
  }
}
