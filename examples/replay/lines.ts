import type { FileHandle } from 'node:fs/promises';

const NEWLINE = 0x0a;
/** How much is read from the file at once, at least. */
const READ_BYTES = 1024 * 1024;
/** How many lines are cut at once: each is an object a hundred times the size of a short line. */
const MAX_LINES = 4096;

/** The lines that are complete in some bytes. */
export interface TakenLines {
  /** Each with its newline, so that together they are the bytes again. Views, not copies. */
  readonly lines: Uint8Array[];
  /** Where the line begins that is not complete yet; or the next one, if there are {@link MAX_LINES}. */
  readonly rest: number;
}

/**
 * Cuts `bytes` into lines. A line of more than `maxBytes` comes in pieces of `maxBytes` and a shorter
 * last one, so that what is left over is always shorter than `maxBytes`.
 */
export function takeLines(bytes: Uint8Array, maxBytes: number): TakenLines {
  const lines: Uint8Array[] = [];
  let start = 0;
  while (lines.length < MAX_LINES) {
    const newline = bytes.indexOf(NEWLINE, start);
    const lineEnd = newline < 0 ? bytes.length : newline + 1;
    const end = Math.min(lineEnd, start + maxBytes);
    if (newline < 0 && end - start < maxBytes) break;
    lines.push(bytes.subarray(start, end));
    start = end;
  }
  return { lines, rest: start };
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
    let start = 0;
    for (let count = MAX_LINES; count === MAX_LINES; ) {
      const { lines, rest } = takeLines(buffer.subarray(start, filled), maxBytes);
      if (lines.length > 0) yield lines;
      start += rest;
      count = lines.length;
    }
    buffer.copyWithin(0, start, filled);
    filled -= start;
  }
  if (filled > 0) yield [buffer.subarray(0, filled)];
}
