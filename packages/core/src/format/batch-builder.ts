import { crc32 } from '../crc32.ts';
import type { RecordId } from '../record.ts';
import { BATCH_ALIGNMENT, BATCH_HEADER_BYTES, batchBytes, encodeBatchHeader } from './batch.ts';
import { viewOf } from './uint64.ts';

// Small: a queue may hold many groups of one record each. A builder that is used again has grown.
const INITIAL_RECORDS = 16;
const INITIAL_BYTES = 1024;

/** What `BatchBuilder.finish` needs to know besides the records: as in `BatchHeader`. */
export interface BatchPosition {
  readonly firstId: RecordId;
  readonly epoch: number;
  /** Milliseconds since 1970. */
  readonly appendedAtMs: number;
  readonly byteOffset: number;
  readonly durableOffset: number;
  /** Of the segment, by `segmentSalt`: so that bytes of another one do not check out. */
  readonly salt: number;
}

/**
 * Collects records into one batch, copying each record's bytes once, to where they are written from:
 * the buffer keeps room before the data, and `finish` puts lengths and header right in front of it.
 * Made to be used again: `reset` keeps the memory.
 */
export class BatchBuilder {
  readonly #outerBytes: number;
  #lengths = new Uint32Array(INITIAL_RECORDS);
  #bytes: Uint8Array;
  #view: DataView;
  #recordCount = 0;
  #dataBytes = 0;

  /** @param outerBytes room in front of the batch, for the header of what it is the beginning of. */
  constructor(outerBytes = 0) {
    this.#outerBytes = outerBytes;
    this.#bytes = new Uint8Array(this.#headRoom(INITIAL_RECORDS) + INITIAL_BYTES);
    this.#view = viewOf(this.#bytes);
  }

  get recordCount(): number {
    return this.#recordCount;
  }

  /** The data of the records, in bytes. */
  get dataBytes(): number {
    return this.#dataBytes;
  }

  /** The memory it holds, in bytes. */
  get capacity(): number {
    return this.#bytes.length + this.#lengths.byteLength;
  }

  /** What `finish` will give, in bytes. */
  get encodedBytes(): number {
    return batchBytes(this.#recordCount * 4 + this.#dataBytes);
  }

  /** Sees to memory for so much more. Throws a RangeError if there is none, and has changed nothing then. */
  reserve(records: number, bytes: number): void {
    const recordCount = this.#recordCount + records;
    const dataBytes = this.#dataBytes + bytes + BATCH_ALIGNMENT; // The padding.
    const room = this.#headRoom(this.#lengths.length);
    if (recordCount <= this.#lengths.length && dataBytes <= this.#bytes.length - room) return;
    const lengths = new Uint32Array(capacity(this.#lengths.length, recordCount));
    const newRoom = this.#headRoom(lengths.length);
    const grown = new Uint8Array(newRoom + capacity(this.#bytes.length - room, dataBytes));
    lengths.set(this.#lengths);
    grown.set(this.#bytes.subarray(room, room + this.#dataBytes), newRoom);
    this.#lengths = lengths;
    this.#bytes = grown;
    this.#view = viewOf(grown);
  }

  /** Copies one record in. */
  add(data: Uint8Array): void {
    this.reserve(1, data.length);
    this.#bytes.set(data, this.#headRoom(this.#lengths.length) + this.#dataBytes);
    this.#lengths[this.#recordCount++] = data.length;
    this.#dataBytes += data.length;
  }

  /**
   * The encoded batch: header, lengths, data, padding; in front of it `outerBytes` with anything in them. A view
   * of the builder's memory, valid until `reset`.
   */
  finish(position: BatchPosition): Uint8Array {
    const bodyBytes = this.#recordCount * 4 + this.#dataBytes;
    const dataAt = this.#headRoom(this.#lengths.length);
    const lengthsAt = dataAt - this.#recordCount * 4;
    const at = lengthsAt - BATCH_HEADER_BYTES;
    for (let i = 0; i < this.#recordCount; i++) {
      this.#view.setUint32(lengthsAt + i * 4, this.#lengths[i] as number, true);
    }
    const end = at + batchBytes(bodyBytes);
    this.#bytes.fill(0, dataAt + this.#dataBytes, end);
    const bodyCrc = crc32(this.#bytes.subarray(lengthsAt, lengthsAt + bodyBytes));
    const header = {
      bodyBytes,
      recordCount: this.#recordCount,
      firstId: position.firstId,
      epoch: position.epoch,
      appendedAtMs: position.appendedAtMs,
      byteOffset: position.byteOffset,
      durableOffset: position.durableOffset,
      codec: 0,
      bodyCrc,
    };
    encodeBatchHeader(header, position.salt, this.#bytes, this.#view, at);
    return this.#bytes.subarray(at - this.#outerBytes, end);
  }

  /** Forgets the records, keeps the memory. */
  reset(): void {
    this.#recordCount = 0;
    this.#dataBytes = 0;
  }

  #headRoom(records: number): number {
    return this.#outerBytes + BATCH_HEADER_BYTES + records * 4;
  }
}

/** At least `needed`, and at least double what there is where that is not enough: growth stays cheap. */
function capacity(current: number, needed: number): number {
  return needed <= current ? current : Math.max(needed, current * 2);
}
