import { createHash } from 'node:crypto';
import type { LogRecord } from '@wal/core';
import { content } from './records.ts';

/** One call of a workload, as it is announced before it is made. */
export type WorkloadCall =
  | { readonly call: 'append'; readonly seed: number; readonly sizes: readonly number[] }
  | { readonly call: 'truncate'; readonly lastToKeep: number }
  | { readonly call: 'trim'; readonly discardUpTo: number }
  | { readonly call: 'roll' };

/** The data that an append of a workload writes. */
export function dataOf(seed: number, sizes: readonly number[]): Uint8Array[] {
  return sizes.map((size, i) => content(seed * 1000 + i, size));
}

/** Tells what records hold, and how many there are. */
export function digestOf(records: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const data of records) hash.update(`${data.length} `).update(data);
  return hash.digest('hex');
}

/** A log as the contract says that it is: an array and a trim mark. */
export class WorkloadModel {
  firstId: number;
  records: readonly Uint8Array[];

  constructor(firstId: number, records: readonly Uint8Array[]) {
    this.firstId = firstId;
    this.records = records;
  }

  get nextId(): number {
    return this.firstId + this.records.length;
  }

  copy(): WorkloadModel {
    return new WorkloadModel(this.firstId, this.records);
  }

  apply(call: WorkloadCall): void {
    if (call.call === 'append') {
      this.records = [...this.records, ...dataOf(call.seed, call.sizes)];
    } else if (call.call === 'truncate') {
      this.records = this.records.slice(0, Math.max(0, call.lastToKeep + 1 - this.firstId));
    } else if (call.call === 'trim') {
      const firstId = Math.max(this.firstId, call.discardUpTo + 1);
      this.records = this.records.slice(firstId - this.firstId);
      this.firstId = firstId;
    }
  }

  /** Whether a log that holds `records` and gives `nextId` next is this one. */
  equals(records: readonly LogRecord[], nextId: number): boolean {
    return (
      nextId === this.nextId &&
      records.length === this.records.length &&
      records.every(
        ({ id, data }, i) =>
          id === this.firstId + i && Buffer.compare(data, this.records[i] as Uint8Array) === 0,
      )
    );
  }
}

/** Random numbers from a seed, alike everywhere. */
export function seededRandom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
