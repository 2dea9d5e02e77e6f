import { LogError } from '../errors.ts';
import type { LogRecord, RecordId } from '../record.ts';
import { BatchBuilder } from './batch-builder.ts';
import { encodeFooter, type IndexEntry } from './footer.ts';
import { encodeSegmentHeader, segmentHeaderBytes, segmentSalt } from './segment-header.ts';

/*
 * A log as one stream of bytes: segment after segment, each whole, with header, batches and footer.
 *
 *   stream = segment · segment*
 *
 * The first has sequence 1, the next 2. A footer that names a successor says that it follows, so that a stream
 * which was cut between two segments is no whole one. Segments are rolled, since an offset takes 4 bytes.
 */

/** Index entries are so far apart, unless a batch is larger. */
const INDEX_BYTES = 4096;
const GIB = 1024 ** 3;

/** What a stream says of itself, besides its records. */
export interface SegmentStreamOrigin {
  /** 16 bytes; of the stream, so that bytes of another one do not check out. */
  readonly uuid: Uint8Array;
  /** The writer generation that the segments name. */
  readonly epoch: number;
  /** The id of the first record, or of the one that the log begins with. */
  readonly firstId: RecordId;
  /** Milliseconds since 1970. */
  readonly createdAtMs: number;
  /** What the log's user gave at its creation; empty if nothing. */
  readonly metadata: Uint8Array;
  /** A segment is rolled before it grows over this; 1 GiB at most, which is the default. */
  readonly segmentBytes?: number | undefined;
}

/**
 * The bytes of a stream that holds `batches`, each as a batch; an empty one is passed over. Ends with a footer where
 * `batches` ends: what it gave is a whole stream. The bytes given are the caller's to keep.
 * @throws LogError `ERR_LOG_NON_SEQUENTIAL` for a batch that does not begin with the id after the one before; what
 * `batches` throws
 */
export async function* encodeSegmentStream(
  origin: SegmentStreamOrigin,
  batches: AsyncIterable<readonly LogRecord[]>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const segmentBytes = Math.min(origin.segmentBytes ?? GIB, GIB);
  const builder = new BatchBuilder();
  let segment = new StreamSegment(origin, 1, origin.firstId);
  yield segment.header();
  for await (const records of batches) {
    if (records.length === 0) continue;
    refuseGap(records, segment.nextId);
    builder.reset();
    for (const { data } of records) builder.add(data);
    if (segment.hasBatches && segment.size + builder.encodedBytes > segmentBytes) {
      const next = new StreamSegment(origin, segment.sequence + 1, segment.nextId);
      yield segment.footer(next.sequence);
      segment = next;
      yield segment.header();
    }
    yield segment.batch(builder);
  }
  yield segment.footer(undefined);
}

/** A segment on its way out: where it is, and what its footer will say. */
class StreamSegment {
  readonly sequence: number;
  readonly #origin: SegmentStreamOrigin;
  readonly #firstId: RecordId;
  readonly #salt: number;
  readonly #entries: IndexEntry[] = [];
  nextId: RecordId;
  size = 0;

  constructor(origin: SegmentStreamOrigin, sequence: number, firstId: RecordId) {
    this.#origin = origin;
    this.sequence = sequence;
    this.#firstId = firstId;
    this.nextId = firstId;
    this.#salt = segmentSalt(origin.uuid, sequence);
  }

  get hasBatches(): boolean {
    return this.#entries.length > 0;
  }

  header(): Uint8Array {
    const { uuid, epoch, createdAtMs, metadata } = this.#origin;
    const { sequence } = this;
    const predecessor = sequence - 1;
    const firstId = this.#firstId;
    const bytes = new Uint8Array(segmentHeaderBytes(metadata.length));
    const header = { uuid, epoch, sequence, predecessor, firstId, createdAtMs, metadata };
    this.size += encodeSegmentHeader(header, bytes);
    return bytes;
  }

  batch(builder: BatchBuilder): Uint8Array {
    const { epoch, createdAtMs } = this.#origin;
    const byteOffset = this.size;
    const bytes = builder.finish({
      firstId: this.nextId,
      epoch,
      appendedAtMs: createdAtMs,
      byteOffset,
      durableOffset: byteOffset,
      salt: this.#salt,
    });
    const last = this.#entries.at(-1);
    if (last === undefined || byteOffset - last.byteOffset >= INDEX_BYTES) {
      this.#entries.push({ firstId: this.nextId, byteOffset });
    }
    this.size += bytes.length;
    this.nextId += builder.recordCount;
    return bytes.slice(); // A view of the builder's memory.
  }

  footer(successor: number | undefined): Uint8Array {
    const footer = {
      byteOffset: this.size,
      nextId: this.nextId,
      successor,
      entries: this.#entries,
    };
    return encodeFooter(footer, this.#firstId, this.#salt);
  }
}

function refuseGap(records: readonly LogRecord[], expectedId: RecordId): void {
  const wrong = records.findIndex(({ id }, i) => id !== expectedId + i);
  if (wrong < 0) return;
  throw new LogError(
    'ERR_LOG_NON_SEQUENTIAL',
    `record id ${records[wrong]?.id} is not the next id, expectedId=${expectedId + wrong}`,
    { expectedId: expectedId + wrong },
  );
}
