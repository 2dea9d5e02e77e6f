import { createHash } from 'node:crypto';
import {
  checkedVersion,
  crc32,
  FORMAT_VERSION,
  type FormatField,
  getUint64,
  LogError,
  layOut,
  type RecordId,
  setUint64,
  viewOf,
} from '@wal/core';
import type { SlotPlace } from '../keys/log-keys.ts';

/*
 * What a chunk and a seal begin with, little-endian:
 *
 *   0  8  magic                     64 16  nonce
 *   8  2  format version            80 16  hash of the chunk before, in this epoch; zeros for the first
 *  10  2  its complement            96  8  epoch of the writer: a seal's is a later one
 *  12  4  kind: 1 chunk, 2 seal    104  8  body bytes, behind this header
 *  16 16  log uuid                 112  4  record count
 *  32  8  epoch                    116  8  zero
 *  40  8  slot                     124  4  CRC of bytes 0–123
 *  48  8  first id
 *  56  8  next id
 *
 * Reader: magic, version, CRC; then uuid, epoch and slot must be those of the key. The hash of a chunk is the
 * first 16 bytes of the SHA-256 of its header, which holds its nonce; its batches have CRCs of their own.
 */
const MAGIC = Uint8Array.of(0x89, 0x57, 0x41, 0x4c, 0x53, 0x4c, 0x4f, 0x0a); // \x89WALSLO\n
/** The size of the header of a chunk or seal. */
export const OBJECT_HEADER_BYTES: number = 128;
const CRC_AT = 124;
const HASH_BYTES = 16;
const KINDS = { chunk: 1, seal: 2 } as const;

/** The header of a chunk or seal. */
export const OBJECT_HEADER_FIELDS: readonly FormatField[] = layOut([
  ['magic', 8, 'text'],
  ['format version', 2, 'number'],
  ['its complement', 2, 'check'],
  ['kind: 1 chunk, 2 seal', 4, 'number'],
  ['log uuid', 16, 'name'],
  ['epoch', 8, 'number'],
  ['slot', 8, 'number'],
  ['first id', 8, 'number'],
  ['next id', 8, 'number'],
  ['nonce', 16, 'name'],
  ['hash of the chunk before', 16, 'name'],
  ['epoch of the writer', 8, 'number'],
  ['body bytes', 8, 'number'],
  ['record count', 4, 'number'],
  ['zero', 8, 'zero'],
  ['CRC', 4, 'check'],
]);

/** What stands where no chunk comes before. */
export const NO_HASH: string = '0'.repeat(HASH_BYTES * 2);

/** What a chunk or a seal says of itself. */
export interface ObjectHeader extends SlotPlace {
  readonly kind: 'chunk' | 'seal';
  readonly uuid: string;
  /** Of a chunk: its first record's id. */
  readonly firstId: RecordId;
  /** Of a chunk: the id after its last record's. */
  readonly nextId: RecordId;
  readonly nonce: string;
  readonly previousHash: string;
  readonly writerEpoch: number;
  readonly bodyBytes: number;
  readonly recordCount: number;
}

/** Writes `header` at the start of `into`. */
export function encodeObjectHeader(header: ObjectHeader, into: Uint8Array): void {
  const view = viewOf(into);
  into.fill(0, 0, OBJECT_HEADER_BYTES);
  into.set(MAGIC, 0);
  view.setUint16(8, FORMAT_VERSION, true);
  view.setUint16(10, ~FORMAT_VERSION, true);
  view.setUint32(12, KINDS[header.kind], true);
  into.set(Buffer.from(header.uuid, 'hex'), 16);
  setUint64(view, 32, header.epoch);
  setUint64(view, 40, header.slot);
  setUint64(view, 48, header.firstId);
  setUint64(view, 56, header.nextId);
  into.set(Buffer.from(header.nonce, 'hex'), 64);
  into.set(Buffer.from(header.previousHash, 'hex'), 80);
  setUint64(view, 96, header.writerEpoch);
  setUint64(view, 104, header.bodyBytes);
  view.setUint32(112, header.recordCount, true);
  view.setUint32(CRC_AT, crc32(into.subarray(0, CRC_AT)), true);
}

/**
 * The header at the start of `bytes`, which were stored under `key` for the log `uuid` at `place`.
 * @throws LogError `ERR_LOG_UNSUPPORTED_FORMAT`, `ERR_LOG_CORRUPT`
 */
export function decodeObjectHeader(
  bytes: Uint8Array,
  key: string,
  uuid: string,
  place: SlotPlace,
): ObjectHeader {
  if (bytes.length < OBJECT_HEADER_BYTES) throw corrupt(key, 'is cut short');
  const view = viewOf(bytes);
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) throw corrupt(key, 'is no chunk and no seal');
  const version = checkedVersion(view.getUint16(8, true), view.getUint16(10, true));
  if (version === undefined) throw corrupt(key, 'has a broken version');
  if (version !== FORMAT_VERSION) throw unsupported(key, `format version ${version}`, version);
  if (view.getUint32(CRC_AT, true) !== crc32(bytes.subarray(0, CRC_AT))) {
    throw corrupt(key, 'does not match its CRC');
  }
  const kind = view.getUint32(12, true);
  const header: ObjectHeader = {
    kind: kind === KINDS.seal ? 'seal' : 'chunk',
    uuid: hex(bytes, 16),
    epoch: getUint64(view, 32),
    slot: getUint64(view, 40),
    firstId: getUint64(view, 48),
    nextId: getUint64(view, 56),
    nonce: hex(bytes, 64),
    previousHash: hex(bytes, 80),
    writerEpoch: getUint64(view, 96),
    bodyBytes: getUint64(view, 104),
    recordCount: view.getUint32(112, true),
  };
  if (kind !== KINDS.chunk && kind !== KINDS.seal) throw corrupt(key, `is of no kind, ${kind}`);
  if (header.uuid !== uuid) throw corrupt(key, `belongs to another log, ${header.uuid}`);
  if (header.epoch !== place.epoch || header.slot !== place.slot) {
    throw corrupt(key, `belongs at epoch ${header.epoch}, slot ${header.slot}`);
  }
  if (!Number.isSafeInteger(header.firstId)) throw unsupported(key, 'an id above 2^53 - 1', 1);
  return header;
}

/** What the next chunk of the epoch names this one by. `bytes` begin with its header. */
export function hashOfChunk(bytes: Uint8Array): string {
  const header = bytes.subarray(0, OBJECT_HEADER_BYTES);
  return createHash('sha256')
    .update(header)
    .digest('hex')
    .slice(0, HASH_BYTES * 2);
}

/** The error for an object that is not what was written. */
export function corrupt(segment: string, what: string, firstAffectedId?: RecordId): LogError {
  const details = { segment, byteOffset: 0, firstAffectedId };
  return new LogError('ERR_LOG_CORRUPT', `${segment} ${what}`, details);
}

function unsupported(segment: string, what: string, version: number): LogError {
  return new LogError('ERR_LOG_UNSUPPORTED_FORMAT', `${segment} has ${what}`, { segment, version });
}

function hex(bytes: Uint8Array, at: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, 16).toString('hex');
}
