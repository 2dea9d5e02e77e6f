// Reads a log that was kept as a file of JSON lines. See docs/guides/migrate.md.
import { createReadStream } from 'node:fs';

const LINE_FEED = 0x0a;

/**
 * Each line, as the bytes it is made of, without its end. What comes behind the last line end is left out: whoever wrote
 * it has not finished, or never will.
 * @throws Error with the number of a line that is not JSON: it was not written so, and somebody has to look at it
 */
export async function* jsonLines(path: string): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let number = 0;
  for await (const chunk of createReadStream(path)) {
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(LINE_FEED, start);
      if (end === -1) break;
      const line = bytes.subarray(start, end);
      refuseUnlessJson(line, ++number, path);
      yield line;
      start = end + 1;
    }
    rest = bytes.subarray(start);
  }
}

function refuseUnlessJson(line: Buffer, number: number, path: string): void {
  try {
    JSON.parse(line.toString('utf8'));
  } catch (cause) {
    throw new Error(`line ${number} of ${path} is not JSON`, { cause });
  }
}
