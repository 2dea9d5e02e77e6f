import type { FileHandle } from 'node:fs/promises';

const NEWLINE = 0x0a;
/** How much is read from the file at once, at least. */
const READ_BYTES = 1024 * 1024;

/** The lines that are complete in some bytes. */
export interface TakenLines {
  /** Each with its newline, so that together they are the bytes again. Views, not copies. */
  readonly lines: Uint8Array[];
  /** Where the line begins that is not complete yet. */
  readonly rest: number;
}

/**
 * Cuts `bytes` into lines. A line of more than `maxBytes` comes in pieces of `maxBytes` and a shorter
 * last one, so that what is left over is always shorter than `maxBytes`.
 */
export function takeLines(bytes: Uint8Array, maxBytes: number): TakenLines {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (;;) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline + 1;
    while (end - start > maxBytes || (newline < 0 && end - start === maxBytes)) {
      lines.push(bytes.subarray(start, start + maxBytes));
      start += maxBytes;
    }
    if (newline < 0) return { lines, rest: start };
    lines.push(bytes.subarray(start, end));
    start = end;
  }
}

/** Where lines are read from: a file, opened. */
export type LineSource = Pick<FileHandle, 'read'>;

/**
 * Reads a file's lines, many at a time, with one buffer: what it yields is overwritten by the next read.
 * The last line comes without a newline if the file ends without one.
 */
export async function* readLines(
  file: LineSource,
  maxBytes: number,
): AsyncGenerator<readonly Uint8Array[], void, undefined> {
  const buffer = new Uint8Array(maxBytes + READ_BYTES);
  let filled = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, null);
    if (bytesRead === 0) break;
    filled += bytesRead;
    const { lines, rest } = takeLines(buffer.subarray(0, filled), maxBytes);
    if (lines.length > 0) yield lines;
    buffer.copyWithin(0, rest, filled);
    filled -= rest;
  }
  if (filled > 0) yield [buffer.subarray(0, filled)];
}
