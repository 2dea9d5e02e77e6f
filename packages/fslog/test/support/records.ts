import type { IteratorOptions, Log, LogRecord } from '@wal/core';

/** `size` bytes that differ from seed to seed and from place to place. */
export function content(seed: number, size: number): Uint8Array {
  const data = new Uint8Array(size);
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    data[i] = state >>> 24;
  }
  return data;
}

/** The record that `fill` gives an id. */
export function recordOf(id: number, size = 32): LogRecord {
  return { id, data: content(id, size) };
}

/** The records that `fill` gives these ids. */
export function recordsOf(firstId: number, lastId: number, size = 32): LogRecord[] {
  return Array.from({ length: lastId - firstId + 1 }, (_, i) => recordOf(firstId + i, size));
}

/** Appends `count` records one after the other: each is a batch of its own. */
export async function fill(log: Log, count: number, size = 32): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for (let i = 0; i < count; i++) {
    const record = recordOf(log.nextId, size);
    await log.append(record);
    records.push(record);
  }
  return records;
}

/** Everything stored, or the part of it that the options name. */
export async function readAll(log: Log, options?: IteratorOptions): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  const iterator = log.iterator(options);
  for (;;) {
    const run = await iterator.nextBatch();
    if (run.length === 0) return records;
    // Copies: the data of records read together shares memory, and equality compares all of that.
    for (const { id, data } of run) records.push({ id, data: data.slice() });
  }
}

/** The ids that are stored. */
export async function readIds(log: Log): Promise<number[]> {
  return (await readAll(log)).map(({ id }) => id);
}

/** Ids from one to the other. */
export function ids(firstId: number, lastId: number): number[] {
  return Array.from({ length: lastId - firstId + 1 }, (_, i) => firstId + i);
}
