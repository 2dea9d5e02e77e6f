/*
 * A record of a Raft log: one byte for what it is, three numbers of 64 bits, little-endian, and an entry's bytes.
 *
 *   0        1              9              17             25
 *   | kind   | a            | b            | c            | data …
 *   entry      index          term           0
 *   state      term           vote           commit
 *   snapshot   index          term           0
 */
import { getUint64, setUint64, viewOf } from '@wal/core';

export interface Entry {
  readonly index: number;
  readonly term: number;
  readonly data: Uint8Array;
}

/** What a node must not forget: its term, whom it voted for in it (0: nobody), and what it knows to be committed. */
export interface HardState {
  readonly term: number;
  readonly vote: number;
  readonly commit: number;
}

/** Says that the application has a snapshot of everything up to an entry. */
export interface SnapshotMark {
  readonly index: number;
  readonly term: number;
}

export type RaftRecord =
  | { readonly kind: 'entry'; readonly entry: Entry }
  | { readonly kind: 'state'; readonly state: HardState }
  | { readonly kind: 'snapshot'; readonly snapshot: SnapshotMark };

const HEADER_BYTES = 25;
const [ENTRY, STATE, SNAPSHOT] = [1, 2, 3];

export function encodeEntry({ index, term, data }: Entry): Uint8Array {
  return encode(ENTRY, [index, term, 0], data);
}

export function encodeState({ term, vote, commit }: HardState): Uint8Array {
  return encode(STATE, [term, vote, commit]);
}

export function encodeSnapshot({ index, term }: SnapshotMark): Uint8Array {
  return encode(SNAPSHOT, [index, term, 0]);
}

function encode(
  kind: number,
  numbers: readonly number[],
  data: Uint8Array = new Uint8Array(),
): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + data.length);
  bytes[0] = kind;
  numbers.forEach((value, i) => {
    setUint64(viewOf(bytes), 1 + 8 * i, value);
  });
  bytes.set(data, HEADER_BYTES);
  return bytes;
}

/** @throws RangeError for bytes that are no such record: the log is another program's. */
export function decodeRecord(bytes: Uint8Array): RaftRecord {
  const kind = bytes.length < HEADER_BYTES ? undefined : bytes[0];
  const number = (i: number): number => getUint64(viewOf(bytes), 1 + 8 * i) as number;
  if (kind === ENTRY) {
    const [index, term] = [number(0), number(1)];
    return { kind: 'entry', entry: { index, term, data: bytes.subarray(HEADER_BYTES) } };
  }
  if (kind === STATE)
    return { kind: 'state', state: { term: number(0), vote: number(1), commit: number(2) } };
  if (kind === SNAPSHOT)
    return { kind: 'snapshot', snapshot: { index: number(0), term: number(1) } };
  throw new RangeError(`no record of a Raft log: ${bytes.length} bytes, kind ${bytes[0]}`);
}
