import { readFileSync, writeFileSync } from 'node:fs';
import {
  BatchBuilder,
  batchBytes,
  decodeBatchHeader,
  decodeFooter,
  decodeRecords,
  decodeSegmentHeader,
  encodeFooter,
  encodeSegmentHeader,
  FOOTER_TRAILER_BYTES,
  footerBytes,
  isBodyIntact,
  isFooterMagic,
  type LogRecord,
  type SegmentFooter,
  segmentHeaderBytes,
  segmentSalt,
  viewOf,
} from '@wal/core';

/*
 * Golden segments: what a release of the format has written, kept for good. `manifest.json` says what each
 * file holds; every later release must decode it to exactly that and encode that to the same bytes. To add
 * one, describe it in the manifest and run this test with WAL_WRITE_GOLDEN=1: files that exist are never
 * written again.
 */
export const GOLDEN_V1: URL = new URL('./golden/v1/', import.meta.url);

interface GoldenBatch {
  readonly byteOffset: number;
  readonly firstId: number;
  readonly epoch: number;
  readonly appendedAtMs: number;
  readonly durableOffset: number;
  readonly records: readonly GoldenData[];
}

/** Hex digits, or one byte again and again. */
type GoldenData = string | { readonly byte: number; readonly times: number };

export interface GoldenSegment {
  readonly file: string;
  readonly about: string;
  readonly bytes: number;
  readonly header: {
    readonly uuid: string;
    readonly epoch: number;
    readonly sequence: number;
    readonly predecessor: number;
    readonly firstId: number;
    readonly createdAtMs: number;
    readonly metadata: string;
  };
  readonly batches: readonly GoldenBatch[];
  /** Zeros behind the last batch, where there is no footer. */
  readonly zeros: number;
  readonly footer: SegmentFooter | null;
}

export function readManifest(): readonly GoldenSegment[] {
  return JSON.parse(readFileSync(new URL('manifest.json', GOLDEN_V1), 'utf8'));
}

export function readGolden(file: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(file, GOLDEN_V1)));
}

/** Writes a segment's file. @throws EEXIST if there is one: what was written once stays as it is */
export function writeGolden(segment: GoldenSegment): void {
  writeFileSync(new URL(segment.file, GOLDEN_V1), encodeGolden(segment), { flag: 'wx' });
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const unhex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, 'hex'));

function dataOf(data: GoldenData): Uint8Array {
  return typeof data === 'string' ? unhex(data) : new Uint8Array(data.times).fill(data.byte);
}

/** As the manifest would have it: long runs of one byte in short. */
function describeData(bytes: Uint8Array): GoldenData {
  const byte = bytes[0] ?? 0;
  const isRun = bytes.length >= 64 && bytes.every((other) => other === byte);
  return isRun ? { byte, times: bytes.length } : hex(bytes);
}

export function encodeGolden(segment: GoldenSegment): Uint8Array {
  const bytes = new Uint8Array(segment.bytes);
  const uuid = unhex(segment.header.uuid);
  const metadata = unhex(segment.header.metadata);
  let end = encodeSegmentHeader({ ...segment.header, uuid, metadata }, bytes);
  const salt = segmentSalt(uuid, segment.header.sequence);
  for (const batch of segment.batches) {
    const builder = new BatchBuilder();
    for (const data of batch.records) builder.add(dataOf(data));
    const encoded = builder.finish({ ...batch, salt });
    bytes.set(encoded, batch.byteOffset);
    end = batch.byteOffset + encoded.length;
  }
  if (segment.footer !== null) {
    const footer = encodeFooter(segment.footer, segment.header.firstId, salt);
    bytes.set(footer, segment.footer.byteOffset);
    end = segment.footer.byteOffset + footer.length;
  }
  if (end + segment.zeros !== bytes.length) throw new Error(`${segment.file} ends at ${end}`);
  return bytes;
}

/** Reads a segment from its bytes alone; throws where they do not check out. */
export function decodeGolden(bytes: Uint8Array, file: string, about: string): GoldenSegment {
  const view = viewOf(bytes);
  const { headerBytes, uuid, metadata, ...fields } = decodeSegmentHeader(bytes, file);
  if (headerBytes !== segmentHeaderBytes(metadata.length)) throw new Error('header length');
  const salt = segmentSalt(uuid, fields.sequence);
  const batches: GoldenBatch[] = [];
  let at = headerBytes;
  for (;;) {
    const batch = decodeBatchHeader(bytes, view, at, at, salt);
    if (batch === undefined) break;
    const { byteOffset, firstId, epoch, appendedAtMs, durableOffset } = batch;
    const records: LogRecord[] = [];
    const all = [0, Number.MAX_SAFE_INTEGER] as const;
    if (batch.codec !== 0 || !isBodyIntact(bytes, at, batch)) throw new Error(`batch at ${at}`);
    if (!decodeRecords(bytes, view, at, batch, ...all, records))
      throw new Error(`lengths at ${at}`);
    if (records.some(({ id }, i) => id !== firstId + i)) throw new Error(`ids at ${at}`);
    const data = records.map((record) => describeData(record.data));
    batches.push({ byteOffset, firstId, epoch, appendedAtMs, durableOffset, records: data });
    at += batchBytes(batch.bodyBytes);
  }
  const footer = isFooterMagic(view, at) ? readFooter(bytes, fields.firstId, salt) : null;
  if (footer !== null && footer.byteOffset !== at) throw new Error('footer elsewhere');
  const zeros = footer === null ? bytes.length - at : 0;
  if (bytes.subarray(bytes.length - zeros).some((byte) => byte !== 0)) throw new Error('no zeros');
  const header = { uuid: hex(uuid), ...fields, metadata: hex(metadata) };
  return { file, about, bytes: bytes.length, header, batches, zeros, footer };
}

function readFooter(bytes: Uint8Array, firstId: number, salt: number): SegmentFooter {
  const length = footerBytes(bytes.subarray(-FOOTER_TRAILER_BYTES));
  if (length === undefined) throw new Error('no trailer');
  const byteOffset = bytes.length - length;
  const footer = decodeFooter(bytes.subarray(byteOffset), byteOffset, firstId, salt);
  if (footer === undefined) throw new Error(`footer at ${byteOffset}`);
  return footer;
}
