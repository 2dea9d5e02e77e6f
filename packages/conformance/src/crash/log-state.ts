import type { Log } from '@wal/core';
import { sameBytes } from '../assertions.ts';
import { fingerprintOf, mixFingerprints } from '../sim-disk/index.ts';

/** What a log holds: the records from `firstId` to `nextId` − 1. Never changed in place. */
export interface LogState {
  /** Trim mark + 1. */
  readonly firstId: number;
  readonly nextId: number;
  readonly records: readonly Uint8Array[];
}

export function emptyState(firstId: number): LogState {
  return { firstId, nextId: firstId, records: [] };
}

export function appended(state: LogState, records: readonly Uint8Array[]): LogState {
  return {
    firstId: state.firstId,
    nextId: state.nextId + records.length,
    records: [...state.records, ...records],
  };
}

export function truncated(state: LogState, lastToKeep: number): LogState {
  if (state.nextId <= lastToKeep + 1) return state;
  const nextId = Math.max(lastToKeep + 1, state.firstId);
  return { ...state, nextId, records: state.records.slice(0, nextId - state.firstId) };
}

export function trimmed(state: LogState, discardUpTo: number): LogState {
  const firstId = discardUpTo + 1;
  if (firstId <= state.firstId) return state;
  return {
    firstId,
    nextId: Math.max(state.nextId, firstId),
    records: state.records.slice(firstId - state.firstId),
  };
}

export function isSameState(a: LogState, b: LogState): boolean {
  return (
    a.firstId === b.firstId &&
    a.nextId === b.nextId &&
    a.records.every((record, i) => sameBytes(record, b.records[i] as Uint8Array))
  );
}

const fingerprints = new WeakMap<Uint8Array, number>();

/** Equal for states that hold the same. */
export function stateFingerprint({ firstId, nextId, records }: LogState): number {
  let mixed = mixFingerprints(firstId, nextId);
  for (const record of records) {
    let own = fingerprints.get(record);
    if (own === undefined) {
      own = fingerprintOf(record);
      fingerprints.set(record, own);
    }
    mixed = mixFingerprints(mixed, own);
  }
  return mixed;
}

/** Short enough for a message: ids, and the first bytes of each record. */
export function showState({ firstId, nextId, records }: LogState): string {
  const hex = (byte: number): string => byte.toString(16).padStart(2, '0');
  const show = (data: Uint8Array): string =>
    `${Array.from(data.subarray(0, 3), hex).join('')}/${data.length}`;
  return `[${firstId}, ${nextId}) ${records.map(show).join(' ')}`;
}

/** Reads all of an idle log. Throws if its ids have gaps or its properties do not agree with its records. */
export async function readState(log: Log): Promise<LogState> {
  const { firstId, lastId, nextId } = log;
  const records: Uint8Array[] = [];
  const iterator = log.iterator();
  let expected = firstId;
  for (let batch = await iterator.nextBatch(); batch.length > 0; ) {
    for (const { id, data } of batch) {
      if (id !== expected) throw new Error(`read record ${id} where ${expected} must be`);
      records.push(data);
      expected++;
    }
    batch = await iterator.nextBatch();
  }
  const isEmpty = firstId === undefined;
  if (isEmpty !== (lastId === undefined) || (!isEmpty && expected !== nextId)) {
    throw new Error(`firstId=${firstId} lastId=${lastId} nextId=${nextId}, read to ${expected}`);
  }
  return { firstId: firstId ?? nextId, nextId, records };
}
