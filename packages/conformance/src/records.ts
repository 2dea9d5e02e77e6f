import type { IteratorOptions, Log, LogIterator, LogRecord } from '@wal/core';
import { assertEqual, assertIds, assertRecord, assertRecords, assertTrue } from './assertions.ts';

const encoder = new TextEncoder();

/** More records than any test has: an iterator that gives more will not end. */
const MOST_RECORDS = 100_000;

export function bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** `length` bytes that differ from place to place and from seed to seed. */
export function pattern(length: number, seed: number): Uint8Array {
  const data = new Uint8Array(length);
  for (let i = 0; i < length; i++) data[i] = (i * 31 + (i >> 8) * 7 + seed * 131) & 0xff;
  return data;
}

export function record(id: number, text: string): LogRecord {
  return { id, data: bytes(text) };
}

/** Records with these texts, and the ids from `firstId` on. */
export function recordsFrom(firstId: number, ...texts: readonly string[]): LogRecord[] {
  return texts.map((text, i) => record(firstId + i, text));
}

/** Appends `count` records, each by its own call, and gives them as they must read back. */
export async function fill(log: Log, count: number, label = 'record'): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  const appends: Promise<unknown>[] = [];
  for (let i = 0; i < count; i++) {
    const next = record(log.nextId, `${label} ${log.nextId}`);
    records.push(next);
    appends.push(log.append(next.data));
  }
  await Promise.all(appends);
  return records;
}

/** Everything that an iterator has left, by `next`. */
export async function drain(iterator: LogIterator): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for (;;) {
    const result = await iterator.next();
    if (result.done === true) return records;
    records.push(result.value);
    assertTrue(records.length < MOST_RECORDS, 'an iterator without follow must end');
  }
}

/** Everything that an iterator has left, by `nextBatch`. */
export async function drainRuns(iterator: LogIterator): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for (;;) {
    const run = await iterator.nextBatch();
    if (run.length === 0) return records;
    records.push(...run);
    assertTrue(records.length < MOST_RECORDS, 'an iterator without follow must end');
  }
}

/** Everything stored, or the part of it that the options name. */
export function read(log: Log, options: IteratorOptions = {}): Promise<LogRecord[]> {
  return drain(log.iterator(options));
}

/** The next record of an iterator; fails if there is none. */
export async function take(iterator: LogIterator): Promise<LogRecord> {
  const result = await iterator.next();
  assertEqual(result.done ?? false, false, 'the iterator must have another record');
  return result.value as LogRecord;
}

/** The next `count` records of an iterator; fails if there are fewer. */
export async function takeMany(iterator: LogIterator, count: number): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  while (records.length < count) records.push(await take(iterator));
  return records;
}

export async function assertNext(
  iterator: LogIterator,
  expected: LogRecord,
  what: string,
): Promise<void> {
  const result = await iterator.next();
  assertEqual(result.done ?? false, false, `${what}: done`);
  assertRecord(result.value, expected, what);
}

export async function assertDone(iterator: LogIterator, what: string): Promise<void> {
  assertEqual({ ...(await iterator.next()) }, { done: true, value: undefined }, `${what}: next`);
  assertEqual([...(await iterator.nextBatch())], [], `${what}: nextBatch`);
}

/**
 * Asserts that a log holds exactly these records and gives `nextId` to the next one, by every way to
 * look at it: the three ids, `get` of each record, and iterating by `next` and by `nextBatch`.
 */
export async function assertHolds(
  log: Log,
  expected: readonly LogRecord[],
  nextId: number,
  what: string,
): Promise<void> {
  assertIds(log, [expected[0]?.id, expected.at(-1)?.id, nextId], `${what}: ids of the log`);
  assertRecords(await drain(log.iterator()), expected, `${what}: by next`);
  assertRecords(await drainRuns(log.iterator()), expected, `${what}: by nextBatch`);
  for (const wanted of expected) assertRecord(await log.get(wanted.id), wanted, `${what}: by get`);
}
