import type { Store } from '../contenders/store.ts';
import { recordOf } from './record.ts';

/** How appends are made: so many callers, each waiting for its own, each append of so many records. */
export interface Load {
  readonly callers: number;
  readonly batchRecords: number;
  readonly recordBytes: number;
  readonly durationMs: number;
}

/** What a load came to. */
export interface LoadResult {
  readonly records: number;
  readonly seconds: number;
  readonly recordsPerSecond: number;
  /** How long appends took, in milliseconds: all of them, or an even sample of very many. */
  readonly latenciesMs: Float64Array;
}

const MAX_SAMPLES = 1 << 20;

/** Makes appends until the time is over, and waits for the last. */
export async function runLoad(store: Store, load: Load): Promise<LoadResult> {
  const { callers, batchRecords, durationMs } = load;
  const record = recordOf(load.recordBytes);
  const batch = Array.from({ length: batchRecords }, () => record);
  const samples = new Float64Array(MAX_SAMPLES);
  let sampled = 0;
  let appends = 0;
  const startedAt = performance.now();
  const endsAt = startedAt + durationMs;
  const caller = async (): Promise<void> => {
    let calledAt = performance.now();
    do {
      await (batchRecords === 1 ? store.append(record) : store.appendBatch(batch));
      const doneAt = performance.now();
      appends++;
      if (sampled < MAX_SAMPLES) samples[sampled++] = doneAt - calledAt;
      calledAt = doneAt;
    } while (calledAt < endsAt);
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const seconds = (performance.now() - startedAt) / 1000;
  const records = appends * batchRecords;
  const latenciesMs = samples.subarray(0, sampled);
  return { records, seconds, recordsPerSecond: records / seconds, latenciesMs };
}
