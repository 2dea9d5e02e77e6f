import { cutPower, type PowerCut } from './power-cut.ts';
import type { Recording } from './recording.ts';

const TRIES_A_STATE = 5;

/** What a device holds after its power was cut. */
export interface CutState {
  readonly cut: PowerCut;
  /** So many entries had been flushed. */
  readonly durable: number;
  /** So many there were. */
  readonly entries: number;
}

/** Chooses up to `count` states of a recorded device, all different, in their order. */
export function chooseStates(
  { entries, firstCut, isMetadata }: Recording,
  count: number,
  random: (below: number) => number,
): CutState[] {
  const flushes = entries.flatMap(({ isFlush }, i) => (isFlush && i >= firstCut ? [i] : []));
  const starts = [firstCut, ...flushes.map((i) => i + 1)];
  const ends = [...flushes, entries.length];
  /** Any entry, or any time between flushes: some of these have hundreds of entries, most have a few. */
  const anyPlace = (): { durable: number; at: number } => {
    const isAnyEntry = random(2) === 0;
    const entry = firstCut + random(entries.length - firstCut + 1);
    const i = isAnyEntry ? starts.findLastIndex((start) => start <= entry) : random(starts.length);
    const [durable = 0, end = 0] = [starts[i], ends[i]];
    return { durable, at: isAnyEntry ? entry : durable + random(end - durable + 1) };
  };
  const chosen = new Map<string, CutState>();
  for (let tries = 0; tries < count * TRIES_A_STATE && chosen.size < count; tries++) {
    const { durable, at } = anyPlace();
    const cut = cutPower(entries.slice(durable, at), isMetadata, random);
    // Two that keep the same are the same: when power was cut matters no more then.
    const key = `${durable} ${cut.pieces.map(({ offset, length }) => `${offset}+${length}`)}`;
    if (!chosen.has(key)) chosen.set(key, { cut, durable, entries: at });
  }
  return [...chosen.values()].sort((a, b) => a.durable - b.durable);
}
