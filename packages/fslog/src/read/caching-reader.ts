import type { LogRecord, LogView, RecordId } from '@wal/core';
import type { RecordBlock } from '../segment/segment-reader.ts';
import { GET_BYTES, type LogReader } from './log-reader.ts';
import { dataOf, RecordCache } from './record-cache.ts';

/** Reads single records of a log that this process writes, and those around them, to have them at hand. */
export class CachingReader {
  readonly #reader: LogReader;
  readonly #view: Pick<LogView, 'lastDurableId' | 'truncations'>;
  readonly #cache: RecordCache;
  readonly #maxBytes: number;
  /** The truncates that the cache knows of: an id may stand for another record after the next one. */
  #version: number;

  constructor(
    reader: LogReader,
    view: Pick<LogView, 'lastDurableId' | 'truncations'>,
    maxBytes: number,
  ) {
    this.#reader = reader;
    this.#view = view;
    this.#cache = new RecordCache(maxBytes);
    this.#maxBytes = maxBytes;
    this.#version = view.truncations.version;
  }

  /** The record, if it is at hand. Whether it is still stored, the caller has to know. */
  cached(id: RecordId): LogRecord | undefined {
    this.#forgetTruncated();
    return this.#cache.get(id);
  }

  /** As `LogReader.read` of one record. */
  async read(id: RecordId): Promise<readonly LogRecord[]> {
    const { version } = this.#view.truncations;
    let block: RecordBlock;
    try {
      block = await this.#reader.readAround(id, GET_BYTES, this.#maxBytes);
    } catch {
      // Of what is around it something may be damaged. What is wrong with this one only its own batch says.
      return await this.#reader.read(id, id, GET_BYTES);
    }
    this.#forgetTruncated();
    if (version === this.#version) this.#cache.add(block);
    return [{ id, data: dataOf(block, id) }];
  }

  #forgetTruncated(): void {
    const { version } = this.#view.truncations;
    if (version === this.#version) return;
    this.#version = version;
    this.#cache.clear();
  }
}
