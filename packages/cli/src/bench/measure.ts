import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Log } from '@wal/core';

/** What a measurement is given. */
export interface Measuring {
  readonly log: Log;
  readonly recordBytes: number;
  readonly durationMs: number;
  /** Appends end when they come to so much, each record counted as 64 bytes more than it has. */
  readonly mostBytes: number;
  /** Ends it early: what was measured is not worth printing then. */
  readonly signal: AbortSignal;
  readonly onElapsed: (elapsedMs: number) => void;
}

/** So many records in so much time. */
export interface Rate {
  readonly records: number;
  readonly elapsedMs: number;
}

export interface AppendRate extends Rate {
  readonly callers: number;
  /** How long an append took: half of them no longer than the first, 99 % no longer than the second. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What a record counts besides its data. */
const RECORD_BYTES = 64;
const TURN_MS = 50;

/** A log in memory never waits for anything: without a turn of the event loop now and then no signal would come through. */
class Turns {
  #lastAt = performance.now();

  isDue(now: number): boolean {
    if (now - this.#lastAt < TURN_MS) return false;
    this.#lastAt = now;
    return true;
  }
}

/** Appends of one record each, by so many callers at once, each of which waits for its own to be durable. */
export async function measureAppends(
  { log, recordBytes, durationMs, mostBytes, signal, onElapsed }: Measuring,
  callers: number,
): Promise<AppendRate> {
  const record = randomBytes(recordBytes);
  const latencies: number[] = [];
  const mostRecords = Math.ceil(mostBytes / (recordBytes + RECORD_BYTES));
  const turns = new Turns();
  const startedAt = performance.now();
  const call = async (): Promise<void> => {
    for (let now = startedAt; now - startedAt < durationMs && !signal.aborted; ) {
      if (latencies.length >= mostRecords) return;
      const calledAt = now;
      await log.append(record);
      now = performance.now();
      latencies.push(now - calledAt);
      onElapsed(now - startedAt);
      if (turns.isDue(now)) await setImmediate();
    }
  };
  const calls = await Promise.allSettled(Array.from({ length: callers }, call));
  const failed = calls.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  const elapsedMs = performance.now() - startedAt;
  const sorted = Float64Array.from(latencies).sort();
  return {
    callers,
    records: sorted.length,
    elapsedMs,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
  };
}

/** Reads the log from its first record to its last, again and again, batch after batch. */
export async function measureScan({
  log,
  durationMs,
  signal,
  onElapsed,
}: Measuring): Promise<Rate> {
  let records = 0;
  const turns = new Turns();
  const startedAt = performance.now();
  let elapsedMs = 0;
  do {
    const iterator = log.iterator();
    for (let batch = await iterator.nextBatch(); batch.length > 0; ) {
      records += batch.length;
      elapsedMs = performance.now() - startedAt;
      onElapsed(elapsedMs);
      if (elapsedMs >= durationMs || signal.aborted) break;
      if (turns.isDue(startedAt + elapsedMs)) await setImmediate();
      batch = await iterator.nextBatch();
    }
    await iterator.return();
  } while (elapsedMs < durationMs && !signal.aborted && records > 0);
  return { records, elapsedMs };
}

function percentile(sorted: Float64Array, part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
