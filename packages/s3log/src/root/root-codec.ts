import { checkedVersion, crc32, FORMAT_VERSION, LogError, viewOf } from '@wal/core';
import { corrupt } from '../chunk/object-header.ts';
import type { ChunkMark, EpochEntry, Root, SegmentEntry } from './root.ts';

/*
 * A root version, little-endian:
 *
 *   0  8  magic
 *   8  2  format version
 *  10  2  its complement
 *  12  4  CRC of what follows
 *  16  …  a JSON object, in UTF-8: the fields of `Root`, with the metadata in base64
 */
const MAGIC = Uint8Array.of(0x89, 0x57, 0x41, 0x4c, 0x52, 0x4f, 0x4f, 0x0a); // \x89WALROO\n
const HEADER_BYTES = 16;

export function encodeRoot(root: Root): Uint8Array {
  const metadata = Buffer.from(root.metadata).toString('base64');
  const json = Buffer.from(JSON.stringify({ ...root, metadata }));
  const bytes = Buffer.alloc(HEADER_BYTES + json.length);
  bytes.set(MAGIC, 0);
  bytes.set(json, HEADER_BYTES);
  const view = viewOf(bytes);
  view.setUint16(8, FORMAT_VERSION, true);
  view.setUint16(10, ~FORMAT_VERSION, true);
  view.setUint32(12, crc32(json), true);
  return bytes;
}

/**
 * The root version stored under `key`, of which `version` is the number.
 * @throws LogError `ERR_LOG_UNSUPPORTED_FORMAT`, `ERR_LOG_CORRUPT`
 */
export function decodeRoot(bytes: Uint8Array, key: string, version: number): Root {
  if (bytes.length < HEADER_BYTES) throw corrupt(key, 'is cut short');
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) throw corrupt(key, 'is no root version');
  const view = viewOf(bytes);
  const format = checkedVersion(view.getUint16(8, true), view.getUint16(10, true));
  if (format === undefined) throw corrupt(key, 'has a broken version');
  if (format !== FORMAT_VERSION) {
    const details = { segment: key, version: format };
    throw new LogError(
      'ERR_LOG_UNSUPPORTED_FORMAT',
      `${key} has format version ${format}`,
      details,
    );
  }
  const json = bytes.subarray(HEADER_BYTES);
  if (view.getUint32(12, true) !== crc32(json)) throw corrupt(key, 'does not match its CRC');
  const root = parse(json);
  if (root?.version !== version) throw corrupt(key, 'does not hold the root version of its key');
  return root;
}

function parse(json: Uint8Array): Root | undefined {
  let value: Root & { metadata: unknown };
  try {
    value = JSON.parse(Buffer.from(json).toString());
  } catch {
    return undefined;
  }
  const { metadata, ...rest } = value;
  const isRoot =
    typeof metadata === 'string' &&
    [rest.version, rest.epoch, rest.maxInFlight].every(isCount) &&
    [rest.nonce, rest.uuid].every(isNonce) &&
    isMark(rest.trim, rest.epoch) &&
    isMark(rest.chunks, rest.epoch) &&
    isSegmentTable(rest) &&
    isEpochTable(rest.epochs, rest.chunks, rest.epoch);
  return isRoot
    ? { ...rest, metadata: new Uint8Array(Buffer.from(metadata, 'base64')) }
    : undefined;
}

function isMark(mark: ChunkMark, epoch: number): boolean {
  return isCount(mark?.epoch) && isCount(mark.slot) && mark.firstId >= 0 && mark.epoch <= epoch;
}

/** From the trim mark to where the chunks begin, without a gap. */
function isSegmentTable({ segments, trim, chunks }: Omit<Root, 'metadata'>): boolean {
  if (!Array.isArray(segments) || trim.firstId > chunks.firstId) return false;
  const table: readonly SegmentEntry[] = segments;
  const isWhole = table.every(
    ({ nonce, firstId, nextId, bytes, footerAt, end, namedAtMs }, i) =>
      isNonce(nonce) &&
      [firstId, nextId, bytes, footerAt, end?.epoch, end?.slot].every(isCount) &&
      Number.isFinite(namedAtMs) &&
      firstId < nextId &&
      footerAt < bytes &&
      nextId === (table[i + 1]?.firstId ?? chunks.firstId),
  );
  return isWhole && (table[0]?.firstId ?? chunks.firstId) <= trim.firstId;
}

/** Dense, up to the newest, from the one on with which the chunks begin. */
function isEpochTable(epochs: readonly EpochEntry[], chunks: ChunkMark, newest: number): boolean {
  if (!Array.isArray(epochs) || !((epochs[0]?.epoch ?? newest + 1) <= chunks.epoch)) return false;
  const first = newest - epochs.length + 1;
  return epochs.every(({ epoch, nonce }, i) => epoch === first + i && isNonce(nonce));
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isNonce(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);
}
