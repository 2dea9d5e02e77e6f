import { isLogError, LogError, type LogRecord, type RecordId } from '@wal/core';
import { errorCode } from '../disk/storage-error.ts';
import type { Segment } from '../segment/segment.ts';
import type { SegmentCache } from '../segment/segment-cache.ts';
import type { SegmentList } from '../segment/segment-list.ts';
import type { RecordBlock, SegmentReader } from '../segment/segment-reader.ts';

/** How much an iterator reads at once. */
export const CHUNK_BYTES = 262_144;
/** How much `get` reads at once: an index interval, and a batch of the usual size, with its lengths. */
export const GET_BYTES = 40_960;

/** Finds records in the live segments. */
export class LogReader {
  readonly #segments: SegmentList;
  readonly #cache: SegmentCache;

  constructor(segments: SegmentList, cache: SegmentCache) {
    this.#segments = segments;
    this.#cache = cache;
  }

  /** Stored records from `from` up to at most `through`, both of them stored; at least one. */
  read(from: RecordId, through: RecordId, chunkBytes: number): Promise<LogRecord[]> {
    return this.#read(from, through, (reader, last) => reader.read(from, last, chunkBytes));
  }

  /** A stored record, and others that are found with it; alone where that is more than `maxBytes`. */
  readAround(id: RecordId, chunkBytes: number, maxBytes: number): Promise<RecordBlock> {
    const read = (reader: SegmentReader, last: RecordId) =>
      reader.readAround(id, last, chunkBytes, maxBytes);
    return this.#read(id, Number.MAX_SAFE_INTEGER, read);
  }

  async #read<T>(
    from: RecordId,
    through: RecordId,
    read: (reader: SegmentReader, last: RecordId) => Promise<T>,
  ): Promise<T> {
    await this.#segments.reach(from);
    for (;;) {
      const segment = this.#segments.find(from);
      if (segment === undefined) throw missing(undefined, from);
      try {
        if (!segment.isLinked && !(await this.verifyLink(segment))) continue;
        const successor = this.#segments.successorOf(segment);
        const last = Math.min(through, (successor?.firstId ?? Number.POSITIVE_INFINITY) - 1);
        return await this.#cache.use(segment, (reader) => read(reader, last));
      } catch (error) {
        throw errorCode(error) === 'ENOENT' ? missing(segment.name, from, error) : error;
      }
    }
  }

  /**
   * Whether the segment is what its successor goes on from. If not, a stalled writer left it, which had
   * lost the log already: it never was part of it, and is taken out of the list.
   * @throws LogError `ERR_LOG_CORRUPT` when what the successor goes on from is not there: it may have
   * superseded part of this one, so nothing of it can be given.
   */
  async verifyLink(segment: Segment): Promise<boolean> {
    const successor = this.#segments.successorOf(segment);
    if (successor === undefined || segment.isLinked) return true;
    let predecessor: number;
    try {
      predecessor = await this.#cache.use(successor, async (reader) => reader.header.predecessor);
    } catch (error) {
      if (!isLogError(error, 'ERR_LOG_CORRUPT')) throw error;
      // Such a stray need not even have a header; once it is out of the way, the next one tells.
      if (await this.verifyLink(successor)) throw error;
      return await this.verifyLink(segment);
    }
    if (this.#segments.successorOf(segment) !== successor) return true;
    if (predecessor === segment.sequence) {
      segment.isLinked = true;
      return true;
    }
    if (predecessor > segment.sequence) throw missing(`sequence ${predecessor}`, segment.firstId);
    this.#segments.remove(segment);
    this.#cache.drop(segment);
    return false;
  }
}

function missing(segment: string | undefined, id: RecordId, cause?: unknown): LogError {
  return new LogError(
    'ERR_LOG_CORRUPT',
    `the segment that holds record ${id} is missing, segment=${segment ?? 'unknown'}`,
    { segment, byteOffset: 0, firstAffectedId: id, cause },
  );
}
