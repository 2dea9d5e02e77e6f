import {
  BatchBuilder,
  batchBytes,
  decodeBatchHeader,
  decodeRecords,
  isBodyIntact,
  type LogRecord,
  MAX_RECORD_ID,
  type RecordId,
  refuseUnsupportedBatch,
  segmentSalt,
  viewOf,
} from '@wal/core';
import type { SlotPlace } from '../keys/log-keys.ts';
import {
  corrupt,
  decodeObjectHeader,
  encodeObjectHeader,
  hashOfChunk,
  NO_HASH,
  OBJECT_HEADER_BYTES,
  type ObjectHeader,
} from './object-header.ts';

/*
 * A chunk: the object header, then batches as in docs/FORMAT.md, one behind the other, each at a multiple of 8
 * bytes from the start of the object. So its size is even. The salt is that of the log's uuid and the slot.
 *
 * A seal: the object header with the kind of a seal, and one byte more. So its size is odd.
 */
export const SEAL_BYTES: number = OBJECT_HEADER_BYTES + 1;

/** What a new chunk is made of, besides its batch. */
export interface ChunkOrigin extends SlotPlace {
  readonly uuid: string;
  readonly firstId: RecordId;
  readonly nonce: string;
  readonly previousHash: string;
  readonly appendedAtMs: number;
}

/** A builder for the batch of a chunk, with room in front of it for the chunk's header. */
export function chunkBuilder(): BatchBuilder {
  return new BatchBuilder(OBJECT_HEADER_BYTES);
}

/** The bytes of a chunk of one batch, of a `chunkBuilder`: in its memory, until it is reset. */
export function encodeChunk(batch: BatchBuilder, origin: ChunkOrigin): Uint8Array {
  const { uuid, epoch, slot, firstId, appendedAtMs } = origin;
  const bytes = batch.finish({
    firstId,
    epoch,
    appendedAtMs,
    byteOffset: OBJECT_HEADER_BYTES,
    durableOffset: OBJECT_HEADER_BYTES,
    salt: saltOf(uuid, slot),
  });
  const header: ObjectHeader = {
    ...origin,
    kind: 'chunk',
    nextId: firstId + batch.recordCount,
    writerEpoch: epoch,
    bodyBytes: bytes.length - OBJECT_HEADER_BYTES,
    recordCount: batch.recordCount,
  };
  encodeObjectHeader(header, bytes);
  return bytes;
}

/** The bytes of a seal. */
export function encodeSeal(
  uuid: string,
  place: SlotPlace,
  nonce: string,
  writerEpoch: number,
): Uint8Array {
  const bytes = Buffer.alloc(SEAL_BYTES);
  const header: ObjectHeader = {
    ...place,
    kind: 'seal',
    uuid,
    firstId: 0,
    nextId: 0,
    nonce,
    previousHash: NO_HASH,
    writerEpoch,
    bodyBytes: SEAL_BYTES - OBJECT_HEADER_BYTES,
    recordCount: 0,
  };
  encodeObjectHeader(header, bytes);
  return bytes;
}

/** A chunk that was read whole, or a seal. */
export interface DecodedObject extends ObjectHeader {
  /** What the next chunk of the epoch names this one by. */
  readonly hash: string;
  readonly records: readonly LogRecord[];
  /** When its first batch was appended; 0 for a seal. */
  readonly appendedAtMs: number;
  /** The bytes of the object. */
  readonly size: number;
}

/**
 * All of a chunk or a seal, checked to the last byte. The records share the memory of `bytes`.
 * @throws LogError `ERR_LOG_UNSUPPORTED_FORMAT`, `ERR_LOG_CORRUPT`
 */
export function decodeObject(
  bytes: Uint8Array,
  key: string,
  uuid: string,
  place: SlotPlace,
): DecodedObject {
  const header = decodeObjectHeader(bytes, key, uuid, place);
  if (bytes.length !== OBJECT_HEADER_BYTES + header.bodyBytes) {
    throw corrupt(key, `has ${bytes.length} bytes`, firstIdOf(header));
  }
  const isSeal = header.kind === 'seal';
  const { records, appendedAtMs } = isSeal ? NO_BATCHES : decodeBatches(bytes, key, header);
  return { ...header, hash: hashOfChunk(bytes), records, appendedAtMs, size: bytes.length };
}

const NO_BATCHES = { records: [], appendedAtMs: 0 };

function decodeBatches(
  bytes: Uint8Array,
  key: string,
  header: ObjectHeader,
): Pick<DecodedObject, 'records' | 'appendedAtMs'> {
  let appendedAtMs: number | undefined;
  const view = viewOf(bytes);
  const salt = saltOf(header.uuid, header.slot);
  const records: LogRecord[] = [];
  let at = OBJECT_HEADER_BYTES;
  while (at < bytes.length) {
    const batch = decodeBatchHeader(bytes, view, at, at, salt);
    if (batch === undefined || batch.firstId !== header.firstId + records.length) {
      throw corrupt(key, `has a broken batch at ${at}`, header.firstId);
    }
    refuseUnsupportedBatch(batch, key);
    appendedAtMs ??= batch.appendedAtMs;
    const isWhole =
      isBodyIntact(bytes, at, batch) &&
      decodeRecords(bytes, view, at, batch, 0, MAX_RECORD_ID, records);
    if (!isWhole) throw corrupt(key, `has a broken batch at ${at}`, header.firstId);
    at += batchBytes(batch.bodyBytes);
  }
  if (records.length !== header.recordCount || header.firstId + records.length !== header.nextId) {
    throw corrupt(key, 'has not the records that it says', header.firstId);
  }
  return { records, appendedAtMs: appendedAtMs ?? 0 };
}

function firstIdOf({ kind, firstId }: ObjectHeader): RecordId | undefined {
  return kind === 'chunk' ? firstId : undefined;
}

function saltOf(uuid: string, slot: number): number {
  return segmentSalt(Buffer.from(uuid, 'hex'), slot);
}
