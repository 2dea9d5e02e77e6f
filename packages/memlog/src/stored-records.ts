import { type LogRecord, type RecordId, TruncationHistory } from '@wal/core';

/** Records per chunk, and so the most that one read gives. */
const CHUNK_RECORDS = 1 << 11;
const CHUNK_SHIFT = 11;

/** Stands in for the trimmed records of a chunk that still has others, so that their memory is freed. */
const TRIMMED = new Uint8Array(0);

/**
 * What a log holds durably: the records with ids above `trimMark` and up to `lastId`, without a gap.
 * Their data is kept in chunks, all but the last of them full, so that neither appending nor trimming
 * ever moves all of it. Record objects are made for each read: kept, they would be a third more for
 * the garbage collector to move and trace, which costs more than making them.
 */
export class StoredRecords {
  /** Tells readers of truncates; outlives a reopening, which does no harm. */
  readonly truncations: TruncationHistory = new TruncationHistory();
  #trimMark: RecordId;
  #lastId: RecordId;
  #chunks: Uint8Array[][];
  #tail: Uint8Array[] = [];
  /** The id of the first slot of the first chunk: at most `trimMark + 1`. */
  #baseId: RecordId;

  constructor(firstId: RecordId) {
    this.#trimMark = firstId - 1;
    this.#lastId = firstId - 1;
    this.#baseId = firstId;
    this.#chunks = [this.#tail];
  }

  /** The largest trimmed id; of a new log, its `firstId` − 1. */
  get trimMark(): RecordId {
    return this.#trimMark;
  }

  /** The last record's id; equals `trimMark` when there is none. */
  get lastId(): RecordId {
    return this.#lastId;
  }

  /** Adds the next record. Keeps `data` itself. */
  append(data: Uint8Array): void {
    if (this.#tail.length === CHUNK_RECORDS) {
      this.#tail = [];
      this.#chunks.push(this.#tail);
    }
    this.#tail.push(data);
    this.#lastId++;
  }

  /** The record with this id, `undefined` if it is not stored. */
  get(id: RecordId): LogRecord | undefined {
    if (id <= this.#trimMark || id > this.#lastId) return undefined;
    const slot = id - this.#baseId;
    const chunk = this.#chunks[slot >>> CHUNK_SHIFT] as Uint8Array[];
    return { id, data: chunk[slot & (CHUNK_RECORDS - 1)] as Uint8Array };
  }

  /** At least one record from `from` up to at most `through`, both of them stored. */
  read(from: RecordId, through: RecordId): readonly LogRecord[] {
    const slot = from - this.#baseId;
    const start = slot & (CHUNK_RECORDS - 1);
    const chunk = this.#chunks[slot >>> CHUNK_SHIFT] as Uint8Array[];
    const count = Math.min(chunk.length - start, through - from + 1);
    const records = new Array<LogRecord>(count);
    for (let i = 0; i < count; i++) {
      records[i] = { id: from + i, data: chunk[start + i] as Uint8Array };
    }
    return records;
  }

  /** Removes the records with ids above `lastToKeep`; whether there were any. */
  truncate(lastToKeep: RecordId): boolean {
    if (lastToKeep >= this.#lastId || this.#trimMark === this.#lastId) return false;
    // Ids up to the trim mark are gone already; it is not this truncate that removes them.
    const keptTo = Math.max(lastToKeep, this.#trimMark);
    this.#lastId = keptTo;
    if (keptTo === this.#trimMark) {
      this.#clear();
    } else {
      const slot = keptTo - this.#baseId;
      this.#chunks.length = (slot >>> CHUNK_SHIFT) + 1;
      this.#tail = this.#chunks[slot >>> CHUNK_SHIFT] as Uint8Array[];
      this.#tail.length = (slot & (CHUNK_RECORDS - 1)) + 1;
    }
    this.truncations.record(keptTo);
    return true;
  }

  /** Discards every id up to `discardUpTo`; whether that changed anything. */
  trim(discardUpTo: RecordId): boolean {
    if (discardUpTo <= this.#trimMark) return false;
    const trimmedBefore = this.#trimMark;
    this.#trimMark = discardUpTo;
    if (discardUpTo >= this.#lastId) {
      this.#lastId = discardUpTo;
      this.#clear();
      return true;
    }
    const dropped = (discardUpTo + 1 - this.#baseId) >>> CHUNK_SHIFT;
    if (dropped > 0) {
      this.#chunks.splice(0, dropped);
      this.#baseId += dropped * CHUNK_RECORDS;
    }
    const from = Math.max(trimmedBefore + 1 - this.#baseId, 0);
    this.#chunks[0]?.fill(TRIMMED, from, discardUpTo + 1 - this.#baseId);
    return true;
  }

  #clear(): void {
    this.#tail = [];
    this.#chunks = [this.#tail];
    this.#baseId = this.#lastId + 1;
  }
}
