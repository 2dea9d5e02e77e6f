import { SimRandom } from '@wal/conformance';
import { type PlannedLife, planLife, showLife } from './operations.ts';

/** One owner of a log, from its opening to its end. */
export interface PlannedOwner {
  /** Openers before it that come to nothing. */
  readonly openers: readonly PlannedOpener[];
  /** While it opens the log the owner before it goes on; `undefined`: that one is woken at the end. */
  readonly wakes: Waking | undefined;
  readonly life: PlannedLife;
  /** It stalls after so many calls to its disk, once it is open. The last owner never does. */
  readonly stallsAfter: number;
  /** Whether it closes the log when it is done. */
  readonly closes: boolean;
}

/** Somebody who begins to open the log, and is overtaken by the next. */
export interface PlannedOpener {
  /** How many calls of its disk take effect. */
  readonly calls: number;
  /** Then it is killed; otherwise it stalls, and goes on after so many calls of the others, or at the end. */
  readonly wakes: 'never' | 'at the end' | number;
}

/** How an owner that was stalled goes on. */
export interface Waking {
  /** After so many calls of the others. */
  readonly calls: number;
  /** Whether it hears at once that its lock is gone. */
  readonly hearsOfLock: boolean;
}

/** The owners that a log has, each stalled while the next takes it over. */
export interface TakeoverPlan {
  readonly owners: readonly PlannedOwner[];
  /** How the log is opened, by everybody. */
  readonly options: { readonly durability: 'sync' | 'none'; readonly preallocate: boolean };
  /** In which order calls take effect that are in flight together. */
  readonly orderSeed: number;
  /** What is left by the power cuts that are tried before each call. */
  readonly cutSeed: number;
}

export function planTakeovers(seed: number): TakeoverPlan {
  const random = new SimRandom(seed);
  const orderSeed = random.seed();
  const cutSeed = random.seed();
  const owners = Array.from({ length: random.integer(2, 3) }, () => planOwner(random));
  const options = {
    durability: random.chance(0.8) ? 'sync' : 'none',
    preallocate: random.chance(0.8),
  } as const;
  return { owners, options, orderSeed, cutSeed };
}

function planOwner(random: SimRandom): PlannedOwner {
  return {
    openers: Array.from({ length: Math.max(0, random.integer(-2, 2)) }, () => planOpener(random)),
    wakes: random.chance(0.5)
      ? { calls: random.integer(0, 60), hearsOfLock: random.chance(0.5) }
      : undefined,
    life: planLife(random),
    stallsAfter: random.integer(0, 70),
    closes: random.chance(0.3),
  };
}

function planOpener(random: SimRandom): PlannedOpener {
  return {
    calls: random.integer(1, 40),
    wakes: random.chance(0.5) ? 'never' : random.chance(0.5) ? 'at the end' : random.integer(0, 80),
  };
}

export function showTakeovers({ owners, options }: TakeoverPlan): string {
  const shown = owners.map((owner, i) => showOwner(owner, i, i === owners.length - 1));
  return [JSON.stringify(options), ...shown].join('\n');
}

function showOpener({ calls, wakes }: PlannedOpener): string {
  if (wakes === 'never') return `an opener is killed after ${calls} calls\n`;
  const when = wakes === 'at the end' ? wakes : `after ${wakes} calls of others`;
  return `an opener stalls after ${calls} calls, and goes on ${when}\n`;
}

function showOwner(
  { openers, wakes, life, stallsAfter, closes }: PlannedOwner,
  i: number,
  isLast: boolean,
): string {
  const notes = [
    ...(isLast ? [] : [`stalls after ${stallsAfter} calls`]),
    ...(wakes === undefined || i === 0
      ? []
      : [
          `the one before goes on after ${wakes.calls} calls of others` +
            (wakes.hearsOfLock ? ', and hears of its lock' : ''),
        ]),
  ];
  const lines = ['open', ...showLife(life), ...(closes ? ['close'] : [])];
  return `${openers.map(showOpener).join('')}owner ${i + 1} (${notes.join('; ')})\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
