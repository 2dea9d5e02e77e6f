import { crc32, type RecordId } from '@wal/core';

/** What changes a log. `append` has the records in base64, the others the id that the call was given. */
export type Operation =
  | { readonly append: readonly string[] }
  | { readonly truncate: RecordId }
  | { readonly trim: RecordId };

/** A line of text: the CRC of what follows, the operation as JSON, a newline. */
export function encodeOperation(operation: Operation): Buffer {
  const json = Buffer.from(JSON.stringify(operation));
  const crc = crc32(json).toString(16).padStart(8, '0');
  return Buffer.concat([Buffer.from(`${crc} `), json, Buffer.from('\n')]);
}

/** The operation of a line without its newline, `undefined` if that is not what was written. */
export function decodeOperation(line: Buffer): Operation | undefined {
  const json = line.subarray(9);
  const crc = crc32(json).toString(16).padStart(8, '0');
  return line.toString('latin1', 0, 9) === `${crc} ` ? JSON.parse(json.toString()) : undefined;
}

/** What ids are in use: those from `trimMark + 1` up to `nextId - 1` are stored. */
export interface Extent {
  readonly trimMark: RecordId;
  readonly nextId: RecordId;
}

/** The extent after an operation: the whole of what append, truncate and trim mean to ids. */
export function extentAfter({ trimMark, nextId }: Extent, operation: Operation): Extent {
  if ('append' in operation) return { trimMark, nextId: nextId + operation.append.length };
  if ('trim' in operation) {
    const { trim } = operation;
    return { trimMark: Math.max(trimMark, trim), nextId: Math.max(nextId, trim + 1) };
  }
  return { trimMark, nextId: Math.min(nextId, Math.max(operation.truncate, trimMark) + 1) };
}
