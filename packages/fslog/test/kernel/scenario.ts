import type { PlantedBug, VictimCall } from './victim-calls.ts';

/** Calls of a victim, on a directory yet to be named. Each line begins when the one before has settled. */
export type ScenarioCalls = (
  directory: string,
  bug?: PlantedBug,
) => readonly (readonly VictimCall[])[];

const options = { segmentBytes: 16_384 };

function append(seed: number, ...sizes: readonly number[]): VictimCall & { call: 'append' } {
  return { call: 'append', seed, sizes };
}

/** Once through everything that a log does. */
export const wholeLife: ScenarioCalls = (directory, bug) => [
  [{ call: 'open', directory, options, ...(bug && { bug }) }],
  [append(1, 20)],
  [append(2, 100, 0, 300)],
  [append(3, 10), append(4, 20), append(5, 30, 30), append(6, 40), { call: 'sync' }, append(7, 50)],
  [{ call: 'read' }],
  [{ call: 'roll' }],
  [append(8, 60)],
  [{ call: 'truncate', lastToKeep: 7 }],
  [append(9, 70), append(10, 80)],
  [append(11, 6000)],
  [append(12, 6000)],
  [append(13, 6000)],
  [{ call: 'pause', ms: 12 }],
  [{ call: 'read' }],
  [{ call: 'trim', discardUpTo: 8 }, append(14, 90)],
  [{ call: 'read' }],
  [{ call: 'close' }],
  [{ call: 'open', directory, options }],
  [{ call: 'read' }],
  [append(15, 11), append(16, 12)],
  [{ call: 'truncate', lastToKeep: 11 }, append(17, 13)],
  [{ call: 'read' }],
  [{ call: 'trim', discardUpTo: 30 }, append(18, 14)],
  [{ call: 'close' }],
  [{ call: 'open', directory, options: { readOnly: true } }],
  [{ call: 'read' }],
  [{ call: 'close' }],
];

/** What a process does that is killed then. */
export const cutOff: ScenarioCalls = (directory) => [
  [{ call: 'open', directory, options }],
  [append(1, 20)],
  [append(2, 3000, 30)],
  [{ call: 'roll' }],
  [append(3, 40)],
  [append(4, 50, 60)],
  [{ call: 'truncate', lastToKeep: 4 }],
  [append(5, 50, 60)],
  [append(6, 2000)],
];

/** What the next one does. */
export const recovery: ScenarioCalls = (directory) => [
  [{ call: 'open', directory, options }],
  [{ call: 'read' }],
  [append(7, 70)],
  [{ call: 'read' }],
  [append(8, 80)],
  [{ call: 'close' }],
];
