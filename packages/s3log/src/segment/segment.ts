import { createHash } from 'node:crypto';
import {
  BatchBuilder,
  batchBytes,
  decodeBatchHeader,
  decodeFooter,
  decodeRecords,
  encodeFooter,
  encodeSegmentHeader,
  type IndexEntry,
  isBodyIntact,
  type LogRecord,
  MAX_RECORD_ID,
  type RecordId,
  refuseUnsupportedBatch,
  type SegmentFooter,
  segmentHeaderBytes,
  segmentSalt,
  viewOf,
} from '@wal/core';
import { corrupt } from '../chunk/object-header.ts';

/*
 * A segment: what docs/FORMAT.md calls a segment, header, batches and footer. Each chunk that went into it is a batch.
 * The sequence comes from the nonce in its key, so that the bytes of another segment do not check out.
 */

/** Index entries are so far apart, unless a batch is larger. */
const INDEX_BYTES = 4096;

/** Whose segment it is. */
export interface SegmentIdentity {
  readonly uuid: string;
  readonly nonce: string;
  readonly firstId: RecordId;
}

/** What a segment says of itself, besides its records. */
export interface SegmentOrigin extends SegmentIdentity {
  /** Of the owner who has it made: no other can name it. */
  readonly epoch: number;
  readonly createdAtMs: number;
  readonly metadata: Uint8Array;
}

/** A segment, encoded. */
export interface EncodedSegment {
  readonly bytes: Uint8Array;
  readonly footerAt: number;
  readonly nextId: RecordId;
}

/** What was left of a chunk. */
export interface SegmentBatch {
  readonly epoch: number;
  readonly appendedAtMs: number;
  readonly records: readonly LogRecord[];
}

/** Makes a segment of the records of chunk after chunk. */
export class SegmentBuilder {
  readonly origin: SegmentOrigin;
  readonly #salt: number;
  readonly #parts: Uint8Array[] = [];
  readonly #entries: IndexEntry[] = [];
  readonly #batch = new BatchBuilder();
  #size: number;
  #nextId: RecordId;

  constructor(origin: SegmentOrigin) {
    this.origin = origin;
    this.#salt = saltOf(origin);
    this.#size = segmentHeaderBytes(origin.metadata.length);
    this.#nextId = origin.firstId;
  }

  /** The bytes so far. */
  get size(): number {
    return this.#size;
  }

  get nextId(): RecordId {
    return this.#nextId;
  }

  /** Adds what is left of a chunk: records with the next ids, at least one. Copies them. */
  add({ records, epoch, appendedAtMs }: SegmentBatch): void {
    this.#batch.reset();
    for (const { data } of records) this.#batch.add(data);
    const byteOffset = this.#size;
    const firstId = this.#nextId;
    const salt = this.#salt;
    const position = { firstId, epoch, appendedAtMs, byteOffset, durableOffset: byteOffset, salt };
    const bytes = this.#batch.finish(position).slice();
    const last = this.#entries.at(-1);
    if (last === undefined || byteOffset - last.byteOffset >= INDEX_BYTES) {
      this.#entries.push({ firstId, byteOffset });
    }
    this.#parts.push(bytes);
    this.#size += bytes.length;
    this.#nextId += records.length;
  }

  finish(): EncodedSegment {
    const { uuid, nonce, epoch, firstId, createdAtMs, metadata } = this.origin;
    const header = new Uint8Array(segmentHeaderBytes(metadata.length));
    const sequence = sequenceOf(nonce);
    const id = Buffer.from(uuid, 'hex');
    encodeSegmentHeader(
      { uuid: id, epoch, sequence, predecessor: 0, firstId, createdAtMs, metadata },
      header,
    );
    const footerAt = this.#size;
    const footer = { byteOffset: footerAt, nextId: this.#nextId, entries: this.#entries };
    const parts = [header, ...this.#parts, encodeFooter(footer, firstId, this.#salt)];
    return { bytes: Buffer.concat(parts), footerAt, nextId: this.#nextId };
  }
}

/** The footer of a segment, which begins at `byteOffset` of it. @throws LogError `ERR_LOG_CORRUPT` */
export function decodeSegmentFooter(
  bytes: Uint8Array,
  key: string,
  identity: SegmentIdentity,
  byteOffset: number,
): SegmentFooter {
  const footer = decodeFooter(bytes, byteOffset, identity.firstId, saltOf(identity));
  if (footer?.entries[0]?.firstId === identity.firstId) return footer;
  throw corrupt(key, 'has a broken footer', identity.firstId);
}

/**
 * The batches in `bytes`, which begin at `byteOffset` of a segment with record `firstId`. Their records share the memory
 * of `bytes`.
 * @throws LogError `ERR_LOG_CORRUPT`, `ERR_LOG_UNSUPPORTED_FORMAT`
 */
export function decodeSegmentBatches(
  bytes: Uint8Array,
  key: string,
  identity: SegmentIdentity,
  { firstId, byteOffset }: IndexEntry,
): readonly SegmentBatch[] {
  const view = viewOf(bytes);
  const salt = saltOf(identity);
  const batches: SegmentBatch[] = [];
  let nextId = firstId;
  for (let at = 0; at < bytes.length; ) {
    const batch = decodeBatchHeader(bytes, view, at, byteOffset + at, salt);
    const broken = (): Error => corrupt(key, `has a broken batch at ${byteOffset + at}`, nextId);
    if (batch?.firstId !== nextId) throw broken();
    refuseUnsupportedBatch(batch, key);
    const records: LogRecord[] = [];
    const isWhole =
      isBodyIntact(bytes, at, batch) &&
      decodeRecords(bytes, view, at, batch, 0, MAX_RECORD_ID, records);
    if (!isWhole) throw broken();
    const { epoch, appendedAtMs } = batch;
    batches.push({ epoch, appendedAtMs, records });
    nextId += records.length;
    at += batchBytes(batch.bodyBytes);
  }
  return batches;
}

/** 48 bits of a hash of the nonce. */
function sequenceOf(nonce: string): number {
  return createHash('sha256').update(nonce).digest().readUIntLE(0, 6);
}

function saltOf({ uuid, nonce }: SegmentIdentity): number {
  return segmentSalt(Buffer.from(uuid, 'hex'), sequenceOf(nonce));
}
