import { tooLarge } from './too-large.ts';

/** Records that end with a byte. What follows the last one is a record, too, unless it is empty. */
export class DelimitedRecords {
  readonly #delimiter: number;
  readonly #maxBytes: number;
  readonly #check: (record: Uint8Array, number: number) => void;
  #rest: Uint8Array[] = [];
  #restBytes = 0;
  #count = 0;

  constructor(
    delimiter: number,
    maxBytes: number,
    check: (record: Uint8Array, number: number) => void = () => undefined,
  ) {
    this.#delimiter = delimiter;
    this.#maxBytes = maxBytes;
    this.#check = check;
  }

  *push(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(this.#delimiter, start);
      if (end < 0) break;
      yield this.#take(chunk.subarray(start, end));
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  end(): Uint8Array[] {
    return this.#restBytes === 0 ? [] : [this.#take(new Uint8Array(0))];
  }

  #keep(part: Uint8Array): void {
    this.#restBytes += part.length;
    if (this.#restBytes > this.#maxBytes) throw tooLarge(this.#count + 1, this.#maxBytes);
    this.#rest.push(part);
  }

  #take(end: Uint8Array): Uint8Array {
    this.#keep(end);
    this.#count++;
    const record = this.#rest.length === 1 ? end : Buffer.concat(this.#rest);
    this.#rest = [];
    this.#restBytes = 0;
    this.#check(record, this.#count);
    return record;
  }
}
