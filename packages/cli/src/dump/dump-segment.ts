import { basename } from 'node:path';
import {
  decodeSegmentHeader,
  isLogError,
  type LogError,
  MAX_SEGMENT_HEADER_BYTES,
  SEGMENT_HEADER_FIELDS,
  type SegmentHeader,
  segmentHeaderBytes,
  segmentSalt,
} from '@wal/core';
import type { ByteReader } from './byte-reader.ts';
import { dumpBatches } from './dump-batches.ts';
import { type DumpField, type DumpPart, numberIn, readFields } from './dump-part.ts';

const FIXED_BYTES = SEGMENT_HEADER_FIELDS.reduce((sum, { bytes }) => sum + bytes, 0);
const NAME = /^([0-9a-f]{16})-([0-9a-f]{16})\.wal$/;

/**
 * A segment, or a stream of several. Where the header is damaged, batches are looked for by what is left of it, and by the file's
 * name.
 * @throws LogError `ERR_LOG_UNSUPPORTED_FORMAT`: nothing behind the version can be read.
 */
export async function* dumpSegments(reader: ByteReader): AsyncGenerator<DumpPart, void, undefined> {
  // Once at least: an empty file is a header that is not there.
  let base = 0;
  do {
    const header = await headerAt(reader, base);
    yield header.part;
    let end = base + header.part.bytes;
    const run = { reader, base, start: header.part.bytes, ...header };
    for await (const part of dumpBatches(run)) {
      yield part;
      end = part.byteOffset + part.bytes;
    }
    base = end;
  } while (base < reader.size);
}

interface FoundHeader {
  readonly part: DumpPart;
  readonly salt: number;
  readonly firstId: number;
}

async function headerAt(reader: ByteReader, base: number): Promise<FoundHeader> {
  const bytes = await reader.read(base, MAX_SEGMENT_HEADER_BYTES);
  const decoded = decode(bytes, reader.name);
  const isBroken = decoded instanceof Error;
  if (isBroken && decoded.version !== undefined) throw decoded;
  const fields = readFields(SEGMENT_HEADER_FIELDS, bytes, base);
  const { uuid, sequence, firstId, metadataBytes } = isBroken
    ? guess(fields, basename(reader.name))
    : { ...decoded, metadataBytes: decoded.metadata.length };
  const length = Math.min(bytes.length, segmentHeaderBytes(metadataBytes));
  const metadata = bytes.subarray(FIXED_BYTES, FIXED_BYTES + metadataBytes);
  const metadataField: DumpField = {
    name: 'metadata',
    byteOffset: base + FIXED_BYTES,
    data: metadata,
    value: Buffer.from(metadata).toString('base64'),
  };
  const part: DumpPart = {
    type: 'segment-header',
    title: 'segment header',
    byteOffset: base,
    bytes: length,
    fields: metadata.length === 0 ? fields : [...fields, metadataField],
    records: [],
    problem: isBroken ? problemOf(bytes) : undefined,
  };
  return { part, salt: segmentSalt(uuid, sequence), firstId };
}

function problemOf({ length }: Uint8Array): string {
  return length < FIXED_BYTES ? 'it is cut short' : 'it does not match its CRC';
}

function decode(bytes: Uint8Array, name: string): SegmentHeader | LogError {
  try {
    return decodeSegmentHeader(bytes, name);
  } catch (error) {
    if (isLogError(error)) return error;
    throw error;
  }
}

/** What a header says that does not check out: much of it may be as it was. */
function guess(fields: readonly DumpField[], fileName: string) {
  const [, sequence, firstId] = NAME.exec(fileName) ?? [];
  const headerBytes = numberIn(fields, 'header bytes');
  const metadataBytes = numberIn(fields, 'metadata bytes');
  const isPossible =
    metadataBytes <= MAX_SEGMENT_HEADER_BYTES - FIXED_BYTES &&
    headerBytes === segmentHeaderBytes(metadataBytes);
  return {
    uuid: fields.find(({ name }) => name === 'log uuid')?.data ?? new Uint8Array(16),
    sequence: sequence === undefined ? numberIn(fields, 'sequence') : Number.parseInt(sequence, 16),
    firstId: firstId === undefined ? numberIn(fields, 'first id') : Number.parseInt(firstId, 16),
    metadataBytes: isPossible ? metadataBytes : 0,
  };
}
