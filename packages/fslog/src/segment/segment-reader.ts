import {
  BATCH_HEADER_BYTES,
  type BatchHeader,
  batchBytes,
  type Disk,
  type DiskFile,
  decodeBatchHeader,
  decodePlaces,
  decodeRecords,
  decodeSegmentHeader,
  type IndexEntry,
  isBodyIntact,
  LogError,
  type LogRecord,
  MAX_SEGMENT_HEADER_BYTES,
  type RecordId,
  refuseUnsupportedBatch,
  type SegmentHeader,
  segmentSalt,
  viewOf,
} from '@wal/core';
import { closeQuietly, readFully } from '../disk/file-io.ts';
import { corruptAt } from '../disk/storage-error.ts';
import { scanBatches } from './batch-scan.ts';
import { readFooter } from './read-footer.ts';
import type { Segment } from './segment.ts';
import { SegmentIndex } from './segment-index.ts';

/** Positions that reads have ended at, where the next one will most likely begin. */
const MAX_HINTS = 64;

/** Records that follow one another, as they were read together. */
export interface RecordBlock {
  readonly firstId: RecordId;
  readonly bytes: Uint8Array;
  /** For each record where its data begins in `bytes`, and where it ends. */
  readonly places: readonly number[];
}

/** Where a batch begins, and how long it is if its header was in sight. */
interface ReadHint {
  readonly byteOffset: number;
  readonly bytes: number | undefined;
}

type DecodedHeader = SegmentHeader & { readonly headerBytes: number };

/** One segment, open for reading. */
export class SegmentReader {
  readonly #segment: Segment;
  readonly header: DecodedHeader;
  readonly #file: DiskFile;
  readonly #salt: number;
  #index: SegmentIndex | undefined;
  #readableEnd: number | undefined;
  #loading: Promise<void> | undefined;
  readonly #hints = new Map<RecordId, ReadHint>();

  private constructor(segment: Segment, file: DiskFile, header: DecodedHeader) {
    this.#segment = segment;
    this.#file = file;
    this.header = header;
    this.#salt = segmentSalt(header.uuid, header.sequence);
  }

  /** @throws LogError `ERR_LOG_CORRUPT`, `ERR_LOG_UNSUPPORTED_FORMAT`; ENOENT if the file is gone */
  static async open(
    disk: Disk,
    path: string,
    segment: Segment,
    uuid: Uint8Array,
  ): Promise<SegmentReader> {
    const file = await disk.open(path, 'read');
    try {
      return new SegmentReader(segment, file, await readHeader(file, segment, uuid));
    } catch (error) {
      await closeQuietly(file);
      throw error;
    }
  }

  /**
   * Stored records from `from` up to at most `through`: at least one, at most about `chunkBytes` of them. Fewer where
   * damage follows: what is before it comes first, and the next read gives the error.
   */
  async read(from: RecordId, through: RecordId, chunkBytes: number): Promise<LogRecord[]> {
    await this.#ready();
    const records: LogRecord[] = [];
    await this.#read(this.#seek(from), from, through, chunkBytes, (bytes, view, at, header) => {
      const before = records.length;
      const isWhole = decodeRecords(bytes, view, at, header, from, through, records);
      if (!isWhole) records.length = before;
      return isWhole;
    });
    return records;
  }

  /**
   * A record, and those up to `last` that are in its batch, or in others on the way to it, in the same memory; alone
   * where that is more than `maxBytes`. What its batch holds beyond `last`, the log does not: a truncate has removed it.
   */
  async readAround(
    id: RecordId,
    last: RecordId,
    chunkBytes: number,
    maxBytes: number,
  ): Promise<RecordBlock> {
    await this.#ready();
    let block: RecordBlock & { readonly places: number[] };
    const alone: LogRecord[] = [];
    let next = this.#seek(id);
    do {
      block = { firstId: next.firstId, bytes: new Uint8Array(0), places: [] };
      const from = next.firstId;
      next = await this.#read(next, from, id, chunkBytes, (bytes, view, at, header) => {
        if (bytes.length > maxBytes) return decodeRecords(bytes, view, at, header, id, id, alone);
        block = { ...block, bytes };
        return decodePlaces(view, at, header, block.places);
      });
    } while (next.firstId <= id);
    const [record] = alone;
    if (record !== undefined) {
      return { firstId: id, bytes: record.data.slice(), places: [0, record.data.length] };
    }
    block.places.length = 2 * (Math.min(last + 1, next.firstId) - block.firstId);
    return block;
  }

  /**
   * Verifies batch after batch, from the one at `start` to that of `through`, and has those decoded that hold ids from
   * `from` on; stops where a chunk ends, if there was one of them. Gives the place of the next batch.
   */
  async #read(
    start: IndexEntry,
    from: RecordId,
    through: RecordId,
    chunkBytes: number,
    decode: (bytes: Uint8Array, view: DataView, at: number, header: BatchHeader) => boolean,
  ): Promise<IndexEntry> {
    const end = this.#segment.readableEnd ?? (this.#readableEnd as number);
    let at = start.byteOffset;
    let nextId = start.firstId;
    let length = this.#hints.get(nextId)?.bytes;
    let isDecoded = false;
    while (nextId <= through && !isDecoded) {
      // With the header behind it, which says how much to read the next time.
      const asked = Math.max(chunkBytes, (length ?? 0) + BATCH_HEADER_BYTES);
      length = undefined;
      const bytes = await readFully(this.#file, at, Math.min(asked, end - at));
      const view = viewOf(bytes);
      let pos = 0;
      while (nextId <= through && pos + BATCH_HEADER_BYTES <= bytes.length) {
        const header = decodeBatchHeader(bytes, view, pos, at + pos, this.#salt);
        if (header?.firstId !== nextId || header.epoch !== this.header.epoch) {
          if (isDecoded) break;
          throw corruptAt(this.#segment.name, at + pos, nextId);
        }
        length = batchBytes(header.bodyBytes);
        if (pos + length > bytes.length) break;
        refuseUnsupportedBatch(header, this.#segment.name);
        const batchEnd = header.firstId + header.recordCount;
        if (batchEnd > from) {
          if (!(isBodyIntact(bytes, pos, header) && decode(bytes, view, pos, header))) {
            if (isDecoded) break;
            throw corruptAt(this.#segment.name, at + pos, header.firstId);
          }
          isDecoded = true;
        }
        nextId = batchEnd;
        pos += length;
        length = undefined;
      }
      // Nothing whole where acknowledged batches must be.
      if (pos === 0 && bytes.length < asked) throw corruptAt(this.#segment.name, at, nextId);
      at += pos;
    }
    this.#remember(nextId, { byteOffset: at, bytes: length });
    return { firstId: nextId, byteOffset: at };
  }

  async close(): Promise<void> {
    await closeQuietly(this.#file);
  }

  /** The batch to start at for `id`: where an earlier read ended, or the nearest one in the index. */
  #seek(id: RecordId): IndexEntry {
    const hint = this.#hints.get(id);
    if (hint !== undefined) return { firstId: id, byteOffset: hint.byteOffset };
    const first = { firstId: this.#segment.firstId, byteOffset: this.header.headerBytes };
    return (this.#segment.index ?? this.#index)?.seek(id) ?? first;
  }

  #remember(nextId: RecordId, hint: ReadHint): void {
    if (this.#hints.size >= MAX_HINTS) {
      for (const oldest of this.#hints.keys()) {
        this.#hints.delete(oldest);
        break;
      }
    }
    this.#hints.set(nextId, hint);
  }

  /** Sees to an index: the segment's own while it grows, else the footer's, else one from a scan. */
  async #ready(): Promise<void> {
    if (this.#segment.index !== undefined || this.#index !== undefined) return;
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    await this.#loading;
  }

  async #load(): Promise<void> {
    const { firstId } = this.#segment;
    const footer = await readFooter(this.#file, firstId, this.#salt);
    if (footer !== undefined) {
      this.#index = SegmentIndex.from(firstId, footer.entries);
      this.#readableEnd = footer.byteOffset;
      return;
    }
    const index = new SegmentIndex(firstId);
    const { header } = this;
    const start = {
      byteOffset: header.headerBytes,
      nextId: header.firstId,
      durableOffset: header.headerBytes,
    };
    const scanned = {
      file: this.#file,
      salt: this.#salt,
      name: this.#segment.name,
      epoch: header.epoch,
    };
    const end = await scanBatches(scanned, start, (batch) => {
      index.add(batch.firstId, batch.byteOffset);
    });
    this.#index = index;
    this.#readableEnd = end.byteOffset;
  }
}

/** Reads a segment's header and checks that it is the header of that segment of that log. */
export async function readHeader(
  file: DiskFile,
  segment: Segment,
  uuid: Uint8Array,
): Promise<DecodedHeader> {
  const bytes = await readFully(file, 0, MAX_SEGMENT_HEADER_BYTES);
  let header: DecodedHeader;
  try {
    header = decodeSegmentHeader(bytes, segment.name);
  } catch (cause) {
    // A newer version is what it says. Foreign bytes are not: this file is a segment, or was one.
    if (cause instanceof LogError && cause.version !== undefined) throw cause;
    throw corruptAt(segment.name, 0, segment.firstId, cause);
  }
  if (
    header.sequence !== segment.sequence ||
    header.firstId !== segment.firstId ||
    Buffer.compare(header.uuid, uuid) !== 0
  ) {
    throw corruptAt(segment.name, 0, segment.firstId);
  }
  return header;
}
