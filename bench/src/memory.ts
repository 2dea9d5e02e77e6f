import { createMemLog } from '@wal/memlog';
import { bench, group } from 'mitata';

const RECORD_BYTES = 256;
const BATCH_RECORDS = 1000;
const SCANNED_RECORDS = 10_000;
/** Then the log is emptied, so that the measurement does not fill the memory. */
const TRIM_EVERY = 100_000;

/** The cost of the interface itself: `@wal/memlog` waits for nothing. */
export async function benchMemory(): Promise<void> {
  const record = new Uint8Array(RECORD_BYTES).fill(0xa5);
  const batch = Array.from({ length: BATCH_RECORDS }, () => record);
  const full = createMemLog();
  for (let i = 0; i < SCANNED_RECORDS; i += BATCH_RECORDS) await full.append(batch);

  const log = createMemLog();
  const append = async (input: Uint8Array | Uint8Array[]): Promise<void> => {
    const { firstId, lastId } = await log.append(input);
    if (Math.floor(lastId / TRIM_EVERY) > Math.floor((firstId - 1) / TRIM_EVERY)) {
      await log.trim(lastId);
    }
  };
  group(`memlog, records of ${RECORD_BYTES} bytes`, () => {
    bench('append one', () => append(record));
    bench(`append a batch of ${BATCH_RECORDS}`, () => append(batch));
    bench('get', () => full.get(SCANNED_RECORDS / 2));
    bench(`scan ${SCANNED_RECORDS} with nextBatch`, async () => {
      const records = full.iterator();
      while ((await records.nextBatch()).length > 0);
    });
    bench(`scan ${SCANNED_RECORDS} with for await`, async () => {
      for await (const _ of full.iterator());
    });
  });
}
