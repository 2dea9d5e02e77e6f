import { type DiskFile, LogError } from '@wal/core';
import { decodeMetaSlot, META_SLOT_BYTES, type MetaSlot, type MetaState } from './meta.ts';
import { readFully } from './transfer.ts';

export const META = 'META';

/** A slot that checks out. */
export interface ValidSlot {
  readonly index: 0 | 1;
  readonly counter: number;
  readonly state: MetaState;
}

/** Both slots of META, as one read found them. */
export class MetaSlots {
  readonly #bytes: Uint8Array;
  #slots: readonly MetaSlot[] | undefined;

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  static async read(file: DiskFile): Promise<MetaSlots> {
    return new MetaSlots(await readFully(file, 0, 2 * META_SLOT_BYTES));
  }

  /** Whether both hold exactly these bytes. */
  areBoth(slot: Uint8Array): boolean {
    const [first, second] = this.#halves();
    return Buffer.compare(first, slot) === 0 && Buffer.compare(second, slot) === 0;
  }

  /** Whether another read found the same bytes. */
  areSame(other: MetaSlots): boolean {
    return Buffer.compare(this.#bytes, other.#bytes) === 0;
  }

  /** One slot as it was found. */
  bytes(index: 0 | 1): Uint8Array {
    return this.#halves()[index];
  }

  get valid(): readonly ValidSlot[] {
    return this.#decoded().flatMap(({ ...slot }, i) =>
      slot.kind === 'valid'
        ? [{ index: i === 0 ? 0 : 1, counter: slot.counter, state: slot.state }]
        : [],
    );
  }

  /**
   * The slot that tells the state: the higher counter, then the higher epoch, then the first.
   * @throws LogError `ERR_LOG_UNSUPPORTED_FORMAT`, `ERR_LOG_CORRUPT` when neither checks out
   */
  get newest(): ValidSlot {
    const [first, second] = this.valid;
    if (first === undefined) throw unreadable(this.#decoded());
    if (second === undefined) return first;
    const difference = second.counter - first.counter || second.state.epoch - first.state.epoch;
    return difference > 0 ? second : first;
  }

  #halves(): [Uint8Array, Uint8Array] {
    return [this.#bytes.subarray(0, META_SLOT_BYTES), this.#bytes.subarray(META_SLOT_BYTES)];
  }

  #decoded(): readonly MetaSlot[] {
    this.#slots ??= this.#halves().map((half) => decodeMetaSlot(half));
    return this.#slots;
  }
}

function unreadable(slots: readonly MetaSlot[]): LogError {
  const unsupported = slots.find((slot) => slot.kind === 'unsupported');
  if (unsupported !== undefined) {
    const { version, what } = unsupported;
    return new LogError(
      'ERR_LOG_UNSUPPORTED_FORMAT',
      `META ${what}, which this release does not read, version=${version}`,
      { segment: META, version },
    );
  }
  if (slots.every((slot) => slot.kind === 'foreign')) {
    return new LogError('ERR_LOG_UNSUPPORTED_FORMAT', 'META is not the META of a log', {
      segment: META,
    });
  }
  return new LogError('ERR_LOG_CORRUPT', 'neither slot of META checks out', {
    segment: META,
    byteOffset: 0,
  });
}
