import type { SimRandom } from '@wal/conformance';

/** What a caller does next; ids are relative to the log's ends at that moment. */
export type PlannedOperation = (
  | { readonly kind: 'append'; readonly lengths: readonly number[]; readonly isBatch: boolean }
  /** `fraction` says which of the ids that make sense. */
  | { readonly kind: 'truncate' | 'trim' | 'get'; readonly fraction: number }
  | { readonly kind: 'roll' | 'sync' | 'fire timers' }
) & {
  /** What the caller waits for before it goes on: all so far, or so many calls to the disk. */
  readonly awaits: 'all' | number;
};

/** What one caller of the log does from opening to closing it, and whether timers fire before that. */
export interface PlannedLife {
  readonly operations: readonly PlannedOperation[];
  readonly firesTimers: boolean;
}

/** With records of at most `longestBytes`. */
export function planLife(random: SimRandom, longestBytes: number = 1500): PlannedLife {
  const count = random.integer(1, 24);
  return {
    operations: Array.from({ length: count }, () => planOperation(random, longestBytes)),
    firesTimers: random.chance(0.5),
  };
}

function planOperation(random: SimRandom, longestBytes: number): PlannedOperation {
  const awaits = random.chance(0.4) ? 'all' : random.chance(0.5) ? random.integer(1, 6) : 0;
  const kind = random.integer(0, 19);
  if (kind <= 9) return { ...planAppend(random, longestBytes), awaits };
  if (kind <= 12) return { kind: 'truncate', fraction: random.fraction(), awaits };
  if (kind <= 14) return { kind: 'trim', fraction: random.fraction(), awaits };
  if (kind <= 15) return { kind: 'roll', awaits };
  if (kind <= 16) return { kind: 'sync', awaits };
  if (kind <= 17) return { kind: 'get', fraction: random.fraction(), awaits };
  return { kind: 'fire timers', awaits };
}

function planAppend(
  random: SimRandom,
  longestBytes: number,
): {
  kind: 'append';
  lengths: number[];
  isBatch: boolean;
} {
  const isBatch = random.chance(0.3);
  const count = isBatch ? random.integer(0, 5) : 1;
  const length = (): number =>
    random.chance(0.05) ? 0 : random.integer(1, random.chance(0.1) ? longestBytes : 120);
  return { kind: 'append', lengths: Array.from({ length: count }, length), isBatch };
}

/** The integer from `min` to `max` that a fraction stands for. */
export function within(fraction: number, min: number, max: number): number {
  return min + Math.floor(fraction * (max - min + 1));
}

/** The id that a truncate or trim goes to, in a log that will give `nextId` next. */
export function targetOf(kind: 'truncate' | 'trim', fraction: number, nextId: number): number {
  if (kind === 'truncate') return within(fraction, Math.max(-1, nextId - 12), nextId + 1);
  // Seldom beyond the end.
  const isBeyond = fraction >= 0.95;
  const rest = isBeyond ? (fraction - 0.95) / 0.05 : fraction / 0.95;
  return isBeyond
    ? within(rest, nextId, nextId + 4)
    : within(rest, Math.max(0, nextId - 15), nextId - 1);
}

/** What a life does between opening and closing. */
export function showLife({ operations, firesTimers }: PlannedLife): string[] {
  return [...operations.map(showOperation), ...(firesTimers ? ['fire timers'] : [])];
}

function showOperation(operation: PlannedOperation): string {
  const { kind, awaits } = operation;
  let text: string = kind;
  if (kind === 'append') {
    const { lengths, isBatch } = operation;
    text += isBatch ? ` a batch of [${lengths.join(', ')}] bytes` : ` ${lengths[0]} bytes`;
  } else if ('fraction' in operation) {
    const at = (nextId: number): number =>
      kind === 'get' ? nextId : targetOf(kind as 'trim', operation.fraction, nextId);
    if (kind !== 'get') text += ` to nextId ${signed(at(1000) - 1000)}`;
  }
  if (awaits === 'all') return `${text}, await all`;
  return awaits > 0 ? `${text}, await ${awaits} calls` : text;
}

function signed(offset: number): string {
  return offset < 0 ? `- ${-offset}` : `+ ${offset}`;
}
