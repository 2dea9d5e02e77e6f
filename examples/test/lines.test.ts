import { describe, expect, test } from 'vitest';
import { batchesOf } from '../replay/append-lines.ts';
import { type LineSource, readLines, takeLines } from '../replay/lines.ts';

const MAX = 8;

/** A file that gives at most `readBytes` at a time. */
function sourceOf(contents: Uint8Array, readBytes: number): LineSource {
  let position = 0;
  const read = async (buffer: Uint8Array, offset: number, length: number) => {
    const part = contents.subarray(position, position + Math.min(length, readBytes));
    buffer.set(part, offset);
    position += part.length;
    return { bytesRead: part.length, buffer };
  };
  return { read: read as unknown as LineSource['read'] };
}

/** Every line of `contents`, read in parts of `readBytes`; copied, as `append` does. */
async function linesOf(contents: Uint8Array, readBytes: number, maxBytes: number) {
  const lines: string[] = [];
  for await (const some of readLines(sourceOf(contents, readBytes), maxBytes)) {
    expect(some.length).toBeGreaterThan(0);
    for (const line of some) lines.push(Buffer.from(line).toString('latin1'));
  }
  return lines;
}

/** The same by another way: what a line is, said in a regular expression. */
function expectedLines(contents: Uint8Array, maxBytes: number): string[] {
  const text = Buffer.from(contents).toString('latin1');
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const pieces = new RegExp(`[^]{1,${maxBytes}}`, 'g');
  return lines.flatMap((line) => line.match(pieces) ?? []);
}

const files: readonly (readonly [name: string, contents: string])[] = [
  ['an empty file', ''],
  ['one newline', '\n'],
  ['newlines alone', '\n\n\n\n'],
  ['one line', 'abc\n'],
  ['no final newline', 'abc\nde'],
  ['no newline at all', 'abc'],
  ['CRLF', 'ab\r\ncd\r\n\r\n'],
  ['a lone CR', 'ab\rcd\n'],
  ['NUL bytes', 'a\0b\n\0\n\0'],
  ['invalid UTF-8', '\xff\xfe\n\xc3\n\x80\x80'],
  ['a line one byte below the limit', '1234567\n'.slice(1)],
  ['a line of exactly the limit', '1234567\nab\n'],
  ['a line of the limit without its newline', '12345678\nab\n'],
  ['a line of twice the limit', '123456781234567\nab\n'],
  ['a line of many limits, unfinished', '1234567812345678123456781234'],
  ['a long line of exactly two limits, unfinished', '1234567812345678'],
];

describe.each(files)('%s', (_, text) => {
  const contents = Buffer.from(text, 'latin1');

  test.each([1, 2, 3, 7, 8, 9, 1000])('read %i bytes at a time', async (readBytes) => {
    expect(await linesOf(contents, readBytes, MAX)).toEqual(expectedLines(contents, MAX));
  });

  test('its lines together are the file', async () => {
    expect((await linesOf(contents, 5, MAX)).join('')).toBe(text);
  });
});

test('a file longer than the buffer, with a line across its end', async () => {
  const line = `${'x'.repeat(1000)}\n`;
  const contents = Buffer.from(line.repeat(2500), 'latin1');
  expect(contents.length).toBeGreaterThan(2 * 1024 * 1024);
  const lines = await linesOf(contents, Number.POSITIVE_INFINITY, 2048);
  expect(lines.length).toBe(2500);
  expect(new Set(lines)).toEqual(new Set([line]));
});

test('what is left over is always shorter than the limit', () => {
  for (let length = 0; length <= 4 * MAX; length++) {
    for (let newline = -1; newline < length; newline++) {
      const bytes = new Uint8Array(length).fill(1);
      if (newline >= 0) bytes[newline] = 10;
      const { lines, rest } = takeLines(bytes, MAX);
      expect(length - rest).toBeLessThan(MAX);
      expect(lines.every((one) => one.length >= 1 && one.length <= MAX)).toBe(true);
      expect(Buffer.concat([...lines, bytes.subarray(rest)])).toEqual(Buffer.from(bytes));
    }
  }
});

test('lines come at most 4,096 at a time', async () => {
  const counts: number[] = [];
  for await (const lines of readLines(sourceOf(Buffer.from('\n'.repeat(10_000)), 9000), MAX)) {
    counts.push(lines.length);
  }
  expect(counts).toEqual([4096, 4096, 808, 1000]);
});

test('exactly 4,096 lines, and nothing after them', async () => {
  expect((await linesOf(Buffer.from('a\n'.repeat(4096)), 1e6, MAX)).length).toBe(4096);
});

describe('batches', () => {
  const ofLength = (length: number) => new Uint8Array(length);

  test('hold at most 1 MiB, but a longer line is a batch too', () => {
    const sizes = [600_000, 500_000, 1, 2_000_000, 3];
    const batches = [...batchesOf(sizes.map(ofLength))];
    expect(batches.map((batch) => batch.map((line) => line.length))).toEqual([
      [600_000],
      [500_000, 1],
      [2_000_000],
      [3],
    ]);
  });

  test('of no lines there are none', () => {
    expect([...batchesOf([])]).toEqual([]);
  });
});
