import { CommandError } from '../failure/command-error.ts';
import { EXIT } from '../failure/exit-code.ts';

/** What every backend takes in one append. */
const MAX_BATCH_BYTES = 64 * 1024 * 1024;

/** Puts records together, `size` at a time; the last batch may be smaller. */
export async function* batchesOf(
  runs: AsyncIterable<readonly Uint8Array[]>,
  size: number,
): AsyncGenerator<readonly Uint8Array[], void, undefined> {
  let batch: Uint8Array[] = [];
  let bytes = 0;
  for await (const run of runs) {
    for (const record of run) {
      batch.push(record);
      bytes += record.length + 4;
      if (bytes > MAX_BATCH_BYTES) throw batchTooLarge(batch.length);
      if (batch.length < size) continue;
      yield batch;
      batch = [];
      bytes = 0;
    }
  }
  if (batch.length > 0) yield batch;
}

function batchTooLarge(count: number): CommandError {
  const message = `${count} records are more than ${MAX_BATCH_BYTES} bytes, too much for one append: lower --batch`;
  return new CommandError(message, EXIT.failed);
}
