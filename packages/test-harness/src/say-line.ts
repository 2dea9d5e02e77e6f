import { writeSync } from 'node:fs';

/** Says one line of JSON to whoever started this process: it is in the pipe when this returns. */
export function sayLine(line: unknown): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(1, bytes, done);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error; // The pipe is full.
    }
  }
}
