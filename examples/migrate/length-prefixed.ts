// Reads a log that was kept as a file of lengths, four bytes each, and bytes. See docs/guides/migrate.md.
import { createReadStream } from 'node:fs';

const LENGTH_BYTES = 4;

/**
 * Each record's bytes. A last one that is not whole is left out: whoever wrote it has not finished, or never will.
 * @throws Error where a length is more than `maxBytes`: from there on nothing tells where a record begins
 */
export async function* lengthPrefixed(path: string, maxBytes: number): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let byteOffset = 0;
  for await (const chunk of createReadStream(path)) {
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    let start = 0;
    while (start + LENGTH_BYTES <= bytes.length) {
      const length = bytes.readUInt32BE(start);
      if (length > maxBytes) {
        throw new Error(`a record of ${length} bytes at ${byteOffset + start} of ${path}`);
      }
      const end = start + LENGTH_BYTES + length;
      if (end > bytes.length) break;
      yield bytes.subarray(start + LENGTH_BYTES, end);
      start = end;
    }
    byteOffset += start;
    rest = bytes.subarray(start);
  }
}
