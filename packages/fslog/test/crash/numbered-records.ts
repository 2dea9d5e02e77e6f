import { taggedRecord } from '@wal/conformance';

let serial = 0;

/** Gives the same records again, from the first on. */
export function restartRecords(): void {
  serial = 0;
}

/** A record of `length` bytes that hardly any other is like. */
export function newRecord(length: number): Uint8Array {
  return taggedRecord(++serial, length);
}
