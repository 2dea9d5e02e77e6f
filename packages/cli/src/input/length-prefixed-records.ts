import { CommandError } from '../failure/command-error.ts';
import { EXIT } from '../failure/exit-code.ts';
import { tooLarge } from './too-large.ts';

/** The length of a record before its bytes: 4 bytes, little-endian. */
const LENGTH_BYTES = 4;

/** Records that each come behind their length: any bytes, unchanged. */
export class LengthPrefixedRecords {
  readonly #maxBytes: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #count = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  *push(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    this.#parts.push(chunk);
    this.#bytes += chunk.length;
    const length = this.#wantedBytes();
    if (length === undefined || this.#bytes < LENGTH_BYTES + length) return;
    const bytes = Buffer.concat(this.#parts);
    let at = 0;
    while (bytes.length - at >= LENGTH_BYTES) {
      const end = at + LENGTH_BYTES + this.#checked(bytes.readUInt32LE(at));
      if (end > bytes.length) break;
      yield bytes.subarray(at + LENGTH_BYTES, end);
      this.#count++;
      at = end;
    }
    this.#parts = at < bytes.length ? [bytes.subarray(at)] : [];
    this.#bytes = bytes.length - at;
  }

  end(): Uint8Array[] {
    if (this.#bytes === 0) return [];
    const message = `the input ends within record ${this.#count + 1}: it was cut, or is not length-prefixed`;
    throw new CommandError(message, EXIT.failed);
  }

  /** The length of the record that is next; `undefined` while it is not all there. */
  #wantedBytes(): number | undefined {
    if (this.#bytes < LENGTH_BYTES) return undefined;
    // The first part may be shorter than a length.
    if ((this.#parts[0] as Uint8Array).length < LENGTH_BYTES) {
      this.#parts = [Buffer.concat(this.#parts)];
    }
    const [first] = this.#parts as [Uint8Array];
    return this.#checked(Buffer.from(first.buffer, first.byteOffset, 4).readUInt32LE(0));
  }

  #checked(length: number): number {
    if (length > this.#maxBytes) throw tooLarge(this.#count + 1, this.#maxBytes);
    return length;
  }
}
