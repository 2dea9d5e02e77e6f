import type { IteratorOptions, Log } from '@wal/core';
import type { Output } from './output.ts';
import { formatRecords, type OutputFormat } from './record-format.ts';

/** Prints records as they are read, and waits for whoever reads them. */
export async function printRecords(
  log: Log,
  range: IteratorOptions & { readonly signal: AbortSignal },
  format: OutputFormat,
  stdout: Output,
): Promise<void> {
  const records = log.iterator(range);
  try {
    for (;;) {
      const batch = await records.nextBatch();
      if (batch.length === 0) return;
      await stdout.write(formatRecords(batch, format), range.signal);
    }
  } finally {
    await records.return();
  }
}
