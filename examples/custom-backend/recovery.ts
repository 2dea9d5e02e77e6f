import { LogError } from '@wal/core';
import { decodeOperation, type Operation } from './operation.ts';

/** What a journal's bytes hold. */
export interface Recovered {
  readonly operations: readonly Operation[];
  /** Where the last whole line begins. */
  readonly lastLine: number;
  /** Where it ends. What follows was never acknowledged. */
  readonly end: number;
}

/**
 * Reads a journal to its end. Each line was durable when the next was begun, so only the last can be torn;
 * a line that does not check out and has another behind it was acknowledged once.
 * @throws LogError `ERR_LOG_CORRUPT`
 */
export function recoverOperations(bytes: Buffer): Recovered {
  const operations: Operation[] = [];
  let lastLine = 0;
  let end = 0;
  for (;;) {
    const newline = bytes.indexOf('\n', end);
    const operation = newline < 0 ? undefined : decodeOperation(bytes.subarray(end, newline));
    if (operation === undefined) break;
    operations.push(operation);
    lastLine = end;
    end = newline + 1;
  }
  if (end === 0 || holdsLine(bytes.subarray(end))) {
    throw new LogError('ERR_LOG_CORRUPT', `a line does not check out, byteOffset=${end}`, {
      byteOffset: end,
    });
  }
  return { operations, lastLine, end };
}

/** Whether there is a line in these bytes: also behind a rotten line break, so not only after one. */
function holdsLine(bytes: Buffer): boolean {
  for (const { index } of bytes.toString('latin1').matchAll(/(?=[0-9a-f]{8} \{)/g)) {
    const newline = bytes.indexOf('\n', index);
    if (newline >= 0 && decodeOperation(bytes.subarray(index, newline)) !== undefined) return true;
  }
  return false;
}
