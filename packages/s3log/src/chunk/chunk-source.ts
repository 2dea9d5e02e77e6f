import { isLogError } from '@wal/core';
import type { SlotPlace } from '../keys/log-keys.ts';
import type { LogContext } from '../log-context.ts';
import { type DecodedObject, decodeObject } from './chunk.ts';
import { decodeObjectHeader, OBJECT_HEADER_BYTES, type ObjectHeader } from './object-header.ts';

const HEADER = { offset: 0, length: OBJECT_HEADER_BYTES };

/** Reads the chunks and seals of one log. */
export class ChunkSource {
  readonly #context: LogContext;
  readonly #uuid: string;
  /** What was read last: several readers of the same tail read it once. */
  #last: DecodedObject | undefined;

  constructor(context: LogContext, uuid: string) {
    this.#context = context;
    this.#uuid = uuid;
  }

  keyOf(place: SlotPlace): string {
    return this.#context.keys.slot(place);
  }

  /** All of what is stored at a place; `undefined` if nothing is. @throws LogError `ERR_LOG_CORRUPT` */
  async read(place: SlotPlace): Promise<DecodedObject | undefined> {
    const last = this.#last;
    if (last?.epoch === place.epoch && last.slot === place.slot) return last;
    const object = await this.#checked(() => this.#read(place));
    if (object?.kind === 'chunk') this.#last = object;
    return object;
  }

  /** The header of what is stored at a place; `undefined` if nothing is. @throws LogError `ERR_LOG_CORRUPT` */
  header(place: SlotPlace): Promise<ObjectHeader | undefined> {
    return this.#checked(async () => {
      const key = this.keyOf(place);
      const bytes = await this.#context.requests.get(key, HEADER);
      return bytes && decodeObjectHeader(bytes, key, this.#uuid, place);
    });
  }

  async #read(place: SlotPlace): Promise<DecodedObject | undefined> {
    const key = this.keyOf(place);
    const bytes = await this.#context.requests.get(key);
    return bytes && decodeObject(bytes, key, this.#uuid, place);
  }

  /** What does not check out is read once more: it may have been damaged on its way only. */
  async #checked<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (!isLogError(error, 'ERR_LOG_CORRUPT')) throw error;
      return await read();
    }
  }
}
