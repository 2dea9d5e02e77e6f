import type { Log } from '@wal/core';
import { type LineSource, readLines } from './lines.ts';
import type { Progress } from './progress.ts';

/** What one `append` is given at most, unless a line is longer. */
const BATCH_BYTES = 1024 * 1024;
/** Enough for the log to write one group while the next is read; more would only fill its queue. */
const MAX_IN_FLIGHT = 8;

/** How much went in, or came out. */
export interface Amount {
  records: number;
  bytes: number;
}

/** Appends every line of a file; resolves once all of them are durable. */
export async function appendLines(
  log: Log,
  file: LineSource,
  { maxRecordBytes, progress, signal }: AppendLinesOptions,
): Promise<Amount> {
  const amount: Amount = { records: 0, bytes: 0 };
  const inFlight: Promise<unknown>[] = [];
  for await (const lines of readLines(file, maxRecordBytes)) {
    for (const batch of batchesOf(lines)) {
      signal.throwIfAborted();
      const append = log.append(batch);
      append.catch(() => undefined); // When several fail, the first is reported below.
      inFlight.push(append);
      if (inFlight.length > MAX_IN_FLIGHT) await inFlight.shift();
    }
    for (const line of lines) amount.bytes += line.length;
    amount.records += lines.length;
    progress.show(amount.bytes);
  }
  await Promise.all(inFlight);
  return amount;
}

/** Options of {@link appendLines}. */
export interface AppendLinesOptions {
  readonly maxRecordBytes: number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Cuts lines into batches of limited size. */
export function* batchesOf(lines: readonly Uint8Array[]): Generator<Uint8Array[], void, undefined> {
  let start = 0;
  let bytes = 0;
  for (const [i, line] of lines.entries()) {
    if (i > start && bytes + line.length > BATCH_BYTES) {
      yield lines.slice(start, i);
      start = i;
      bytes = 0;
    }
    bytes += line.length;
  }
  if (start < lines.length) yield lines.slice(start);
}
