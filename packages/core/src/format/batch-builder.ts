import { crc32 } from '../crc32.ts';
import type { RecordId } from '../record.ts';
import { BATCH_HEADER_BYTES, batchBytes, encodeBatchHeader } from './batch.ts';
import { viewOf } from './uint64.ts';

const INITIAL_RECORDS = 1024;
const INITIAL_BYTES = 65536;

/** What `BatchBuilder.finish` needs to know besides the records. */
export interface BatchPosition {
  readonly firstId: RecordId;
  readonly epoch: number;
  readonly appendedAtMs: number;
  readonly byteOffset: number;
  readonly durableOffset: number;
  readonly salt: number;
}

/**
 * Collects records into one batch, copying each record's bytes once, to where they are written from:
 * the buffer keeps room before the data, and `finish` puts lengths and header right in front of it.
 * Made to be used again: `reset` keeps the memory.
 */
export class BatchBuilder {
  #lengths = new Uint32Array(INITIAL_RECORDS);
  #bytes = new Uint8Array(headRoom(INITIAL_RECORDS) + INITIAL_BYTES);
  #view = viewOf(this.#bytes);
  #recordCount = 0;
  #dataBytes = 0;

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

  /** Copies one record in. */
  add(data: Uint8Array): void {
    if (this.#recordCount === this.#lengths.length) this.#growRecords();
    const at = headRoom(this.#lengths.length) + this.#dataBytes;
    // 8 spare bytes for the padding.
    if (at + data.length + 8 > this.#bytes.length) this.#growData(data.length);
    this.#bytes.set(data, at);
    this.#lengths[this.#recordCount++] = data.length;
    this.#dataBytes += data.length;
  }

  /** The encoded batch: header, lengths, data, padding. A view of the builder's memory, valid until `reset`. */
  finish(position: BatchPosition): Uint8Array {
    const bodyBytes = this.#recordCount * 4 + this.#dataBytes;
    const dataAt = headRoom(this.#lengths.length);
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
    return this.#bytes.subarray(at, end);
  }

  /** Forgets the records, keeps the memory. */
  reset(): void {
    this.#recordCount = 0;
    this.#dataBytes = 0;
  }

  #growRecords(): void {
    const lengths = new Uint32Array(this.#lengths.length * 2);
    lengths.set(this.#lengths);
    const dataCapacity = this.#bytes.length - headRoom(this.#lengths.length);
    this.#reallocate(headRoom(lengths.length), dataCapacity);
    // Last: when there is no memory for the rest, the records so far stay where `finish` looks for them.
    this.#lengths = lengths;
  }

  #growData(bytes: number): void {
    const room = headRoom(this.#lengths.length);
    const needed = this.#dataBytes + bytes + 8;
    this.#reallocate(room, Math.max(needed, (this.#bytes.length - room) * 2));
  }

  #reallocate(room: number, dataCapacity: number): void {
    const dataAt = headRoom(this.#lengths.length);
    const grown = new Uint8Array(room + dataCapacity);
    grown.set(this.#bytes.subarray(dataAt, dataAt + this.#dataBytes), room);
    this.#bytes = grown;
    this.#view = viewOf(grown);
  }
}

function headRoom(records: number): number {
  return BATCH_HEADER_BYTES + records * 4;
}
