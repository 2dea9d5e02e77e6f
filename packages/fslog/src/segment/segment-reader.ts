import {
  BATCH_HEADER_BYTES,
  batchBytes,
  type Disk,
  type DiskFile,
  decodeBatchHeader,
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
  readonly #hints = new Map<RecordId, number>();

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
    const end = this.#segment.readableEnd ?? (this.#readableEnd as number);
    const start = this.#seek(from);
    const records: LogRecord[] = [];
    let at = start.byteOffset;
    let nextId = start.firstId;
    let wanted = chunkBytes;
    while (nextId <= through && records.length === 0) {
      const asked = wanted;
      const bytes = await readFully(this.#file, at, Math.min(asked, end - at));
      const view = viewOf(bytes);
      let pos = 0;
      while (nextId <= through && pos + BATCH_HEADER_BYTES <= bytes.length) {
        const header = decodeBatchHeader(bytes, view, pos, at + pos, this.#salt);
        if (header?.firstId !== nextId || header.epoch !== this.header.epoch) {
          if (records.length > 0) break;
          throw corruptAt(this.#segment.name, at + pos, nextId);
        }
        const length = batchBytes(header.bodyBytes);
        if (pos + length > bytes.length) {
          wanted = Math.max(chunkBytes, length);
          break;
        }
        refuseUnsupportedBatch(header, this.#segment.name);
        const batchEnd = header.firstId + header.recordCount;
        if (batchEnd > from) {
          const before = records.length;
          const isIntact =
            isBodyIntact(bytes, pos, header) &&
            decodeRecords(bytes, view, pos, header, from, through, records);
          if (!isIntact) {
            records.length = before;
            if (before > 0) break;
            throw corruptAt(this.#segment.name, at + pos, header.firstId);
          }
        }
        nextId = batchEnd;
        pos += length;
      }
      // Nothing whole where acknowledged batches must be.
      if (pos === 0 && bytes.length < asked) throw corruptAt(this.#segment.name, at, nextId);
      at += pos;
    }
    this.#remember(nextId, at);
    return records;
  }

  async close(): Promise<void> {
    await closeQuietly(this.#file);
  }

  /** The batch to start at for `id`: where an earlier read ended, or the nearest one in the index. */
  #seek(id: RecordId): IndexEntry {
    const hint = this.#hints.get(id);
    if (hint !== undefined) return { firstId: id, byteOffset: hint };
    const first = { firstId: this.#segment.firstId, byteOffset: this.header.headerBytes };
    return (this.#segment.index ?? this.#index)?.seek(id) ?? first;
  }

  #remember(nextId: RecordId, byteOffset: number): void {
    if (this.#hints.size >= MAX_HINTS) {
      for (const oldest of this.#hints.keys()) {
        this.#hints.delete(oldest);
        break;
      }
    }
    this.#hints.set(nextId, byteOffset);
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
