// Brings the records of another log into this one. See docs/guides/migrate.md.
import type { Log, LogRecord } from '@wal/core';

const BATCH_RECORDS = 1_000;
const BATCH_BYTES = 1_048_576;

export interface Imported {
  /** Records that were there already, and are the same in both. */
  readonly compared: number;
  /** Records that were appended now. */
  readonly imported: number;
}

/**
 * The first record of `source` gets the log's first id, and so on. What the log has already is compared, and the rest is
 * appended: so an import that was interrupted goes on, and one that has nothing left to do is the proof that nothing is
 * missing and nothing differs.
 * @throws Error if a record differs, or if the log has more of them; what was imported before stays
 */
export async function importRecords(
  log: Log,
  source: AsyncIterable<Uint8Array>,
): Promise<Imported> {
  const there = log.iterator();
  let compared = 0;
  let imported = 0;
  let batch: Uint8Array[] = [];
  let batchBytes = 0;
  const append = async (): Promise<void> => {
    await log.append(batch); // Awaited: no more than one batch is in memory.
    imported += batch.length;
    [batch, batchBytes] = [[], 0];
  };
  let stored: LogRecord | undefined = (await there.next()).value;
  for await (const data of source) {
    if (stored !== undefined) {
      if (Buffer.compare(stored.data, data) !== 0) throw new Error(`record ${stored.id} differs`);
      compared++;
      stored = (await there.next()).value;
      continue;
    }
    if (batch.length === BATCH_RECORDS || batchBytes + data.length > BATCH_BYTES) await append();
    batch.push(data);
    batchBytes += data.length;
  }
  await there.return();
  if (stored !== undefined) throw new Error(`the log has record ${stored.id}, the source does not`);
  if (batch.length > 0) await append();
  return { compared, imported };
}
