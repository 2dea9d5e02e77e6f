import { LogError } from '../errors.ts';
import { type LogRecord, MAX_RECORD_ID, type RecordId } from '../record.ts';
import {
  BATCH_HEADER_BYTES,
  batchBytes,
  decodeBatchHeader,
  decodeRecords,
  isBodyIntact,
  refuseUnsupportedBatch,
} from './batch.ts';
import { ByteSource } from './byte-source.ts';
import { decodeFooter, isFooterMagic, type SegmentFooter } from './footer.ts';
import {
  decodeSegmentHeader,
  MAX_SEGMENT_HEADER_BYTES,
  type SegmentHeader,
  segmentSalt,
} from './segment-header.ts';
import { viewOf } from './uint64.ts';

type DecodedHeader = SegmentHeader & { readonly headerBytes: number };

/**
 * Reads a stream of segments, as `encodeSegmentStream` makes it. Streams one behind the other are one, if each begins
 * with the id after the one before, and all have the same metadata.
 */
export class SegmentStreamReader {
  readonly #source: ByteSource;
  readonly #name: string;
  #header: DecodedHeader;
  /** Where the segment begins in the stream. */
  #segmentAt = 0;
  #nextId: RecordId;

  private constructor(source: ByteSource, name: string, header: DecodedHeader) {
    this.#source = source;
    this.#name = name;
    this.#header = header;
    this.#nextId = header.firstId;
  }

  /**
   * Reads the first header; `name` stands for the stream in errors.
   * @throws LogError `ERR_LOG_UNSUPPORTED_FORMAT`, `ERR_LOG_CORRUPT`; what `chunks` throws
   */
  static async open(chunks: AsyncIterable<Uint8Array>, name: string): Promise<SegmentStreamReader> {
    const source = new ByteSource(chunks);
    return new SegmentStreamReader(source, name, await takeHeader(source, name, undefined));
  }

  /** What the segment that is read now says of itself. */
  get header(): SegmentHeader {
    return this.#header;
  }

  /** How many bytes were read. */
  get byteOffset(): number {
    return this.#source.byteOffset;
  }

  /** The id after the last record that was read. */
  get nextId(): RecordId {
    return this.#nextId;
  }

  /**
   * The records, batch after batch: nothing of a batch that is not whole. Ends when the stream ends as it should.
   * @throws LogError `ERR_LOG_CORRUPT` with `byteOffset` and `firstAffectedId` where it is cut or damaged,
   * `ERR_LOG_UNSUPPORTED_FORMAT`, `ERR_LOG_NON_SEQUENTIAL` for a stream behind this one that does not go on from it,
   * `ERR_LOG_METADATA_MISMATCH` for one of another log; what `chunks` throws
   */
  async *batches(): AsyncGenerator<readonly LogRecord[], void, undefined> {
    for (;;) {
      const start = await this.#source.peek(BATCH_HEADER_BYTES);
      if (isFooterMagic(viewOf(start), 0)) {
        if (await this.#goOn(await this.#takeFooter())) continue;
        return;
      }
      const records = await this.#takeBatch(start);
      if (records.length > 0) yield records;
    }
  }

  async #takeBatch(start: Uint8Array): Promise<readonly LogRecord[]> {
    const byteOffset = this.#source.byteOffset - this.#segmentAt;
    const { epoch, uuid, sequence } = this.#header;
    const header = decodeBatchHeader(
      start,
      viewOf(start),
      0,
      byteOffset,
      segmentSalt(uuid, sequence),
    );
    if (header?.firstId !== this.#nextId || header.epoch !== epoch) {
      const isCut = start.length < BATCH_HEADER_BYTES;
      throw this.#corrupt(isCut ? 'is cut short' : 'does not check out');
    }
    refuseUnsupportedBatch(header, this.#name);
    const length = batchBytes(header.bodyBytes);
    const bytes = await this.#source.peek(length);
    if (bytes.length < length) throw this.#corrupt('is cut short');
    const records: LogRecord[] = [];
    const isWhole =
      isBodyIntact(bytes, 0, header) &&
      decodeRecords(bytes, viewOf(bytes), 0, header, 0, MAX_RECORD_ID, records);
    if (!isWhole) throw this.#corrupt('does not check out');
    await this.#source.take(length);
    this.#nextId += records.length;
    return records;
  }

  async #takeFooter(): Promise<SegmentFooter> {
    const { uuid, sequence, firstId } = this.#header;
    const byteOffset = this.#source.byteOffset - this.#segmentAt;
    const fixed = await this.#source.peek(12);
    const length = fixed.length < 12 ? 12 : viewOf(fixed).getUint32(8, true);
    if (length > mostFooterBytes(byteOffset)) throw this.#corrupt('does not check out');
    const bytes = await this.#source.peek(length);
    if (bytes.length < length) throw this.#corrupt('is cut short');
    const footer = decodeFooter(bytes, byteOffset, firstId, segmentSalt(uuid, sequence));
    if (footer?.nextId !== this.#nextId) throw this.#corrupt('does not check out');
    await this.#source.take(length);
    return footer;
  }

  /** Goes on in the segment behind, if there is one. */
  async #goOn({ successor }: SegmentFooter): Promise<boolean> {
    const before = this.#header;
    const isAtEnd = (await this.#source.peek(1)).length === 0;
    if (isAtEnd && successor === undefined) return false;
    if (isAtEnd) throw this.#corrupt('is cut short');
    const at = this.#source.byteOffset;
    const header = await takeHeader(this.#source, this.#name, this.#nextId);
    if (successor !== undefined && !isSuccessor(header, before, successor)) {
      throw this.#corrupt('goes on with a segment of something else', at);
    }
    refuseOtherLog(header, before, this.#nextId, this.#name);
    this.#segmentAt = at;
    this.#header = header;
    return true;
  }

  #corrupt(what: string, at: number = this.#source.byteOffset): LogError {
    return corruptStream(this.#name, what, at, this.#nextId);
  }
}

async function takeHeader(
  source: ByteSource,
  name: string,
  nextId: RecordId | undefined,
): Promise<DecodedHeader> {
  const at = source.byteOffset;
  const bytes = await source.peek(MAX_SEGMENT_HEADER_BYTES);
  if (bytes.length === 0) throw corruptStream(name, 'is empty', at, nextId);
  const header = decodeSegmentHeader(bytes, name);
  await source.take(header.headerBytes);
  return { ...header, uuid: header.uuid.slice(), metadata: header.metadata.slice() };
}

/** Entries are at least 4 KiB apart: a length beyond that is none, and not waited for. */
function mostFooterBytes(byteOffset: number): number {
  return 48 + 8 * (Math.floor(byteOffset / 4096) + 1);
}

function isSuccessor(header: SegmentHeader, before: SegmentHeader, successor: number): boolean {
  return (
    header.sequence === successor &&
    header.predecessor === before.sequence &&
    header.uuid.every((byte, i) => byte === before.uuid[i])
  );
}

function refuseOtherLog(
  { firstId, metadata }: SegmentHeader,
  before: SegmentHeader,
  expectedId: RecordId,
  name: string,
): void {
  if (firstId !== expectedId) {
    const message = `${name} goes on with record ${firstId}, not with ${expectedId}`;
    throw new LogError('ERR_LOG_NON_SEQUENTIAL', message, { expectedId });
  }
  const isSame =
    metadata.length === before.metadata.length &&
    metadata.every((byte, i) => byte === before.metadata[i]);
  if (isSame) return;
  throw new LogError('ERR_LOG_METADATA_MISMATCH', `${name} goes on with a log of other metadata`);
}

function corruptStream(
  name: string,
  what: string,
  byteOffset: number,
  firstAffectedId: RecordId | undefined,
): LogError {
  const from = firstAffectedId === undefined ? '' : `, firstAffectedId=${firstAffectedId}`;
  return new LogError('ERR_LOG_CORRUPT', `${name} ${what}, byteOffset=${byteOffset}${from}`, {
    segment: name,
    byteOffset,
    firstAffectedId,
  });
}
