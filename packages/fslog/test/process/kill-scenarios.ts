import type { WorkloadScript, WorkloadStep } from '../support/workload-orders.ts';

/** Small: that segments roll over, and that zeros are written ahead of the records. */
export const SCENARIO_OPTIONS = { segmentBytes: 16_384 } as const;

function append(seed: number, ...sizes: readonly number[]): WorkloadStep {
  return { call: 'append', seed, sizes };
}

/** From its creation to its end, everything that a log does. */
export const WHOLE_LIFE: WorkloadScript = [
  [append(1, 20)],
  [append(2, 100, 0, 300)],
  [append(3, 10), append(4, 20), append(5, 30, 30), { call: 'sync' }, append(6, 50)],
  [append(7, 6000)],
  [append(8, 6000)],
  [append(9, 6000)],
  [{ call: 'roll' }],
  [append(10, 60)],
  [{ call: 'truncate', lastToKeep: 7 }],
  [append(11, 70), append(12, 80)],
  [{ call: 'pause', ms: 12 }],
  [{ call: 'trim', discardUpTo: 8 }, append(13, 90)],
  [{ call: 'close' }],
  [{ call: 'open' }],
  [append(14, 11)],
  [{ call: 'truncate', lastToKeep: 9 }, append(15, 13)],
  [{ call: 'trim', discardUpTo: 30 }, append(16, 14)],
  [{ call: 'close' }],
];

/** What the next writer does with a log that another has left. */
export const NEXT_LIFE: WorkloadScript = [
  [append(21, 70)],
  [{ call: 'roll' }],
  [append(22, 80), append(23, 90)],
  [{ call: 'close' }],
];

/** Where in its whole life a writer is killed that leaves a log to be repaired. */
export const LEFT_BEHIND = [
  { what: 'a torn batch', of: 'pwrite64 segment', during: 'append', moment: 'amid' },
  { what: 'a segment cut off', of: 'pwrite64 META', during: 'truncate', moment: 'before' },
  { what: 'segments to remove', of: 'unlink segment', during: 'trim', moment: 'before' },
] as const;
