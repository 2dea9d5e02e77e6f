import { SimRandom } from '@wal/conformance';
import { type PlannedLife, planLife, showLife } from './operations.ts';

/** One owner of a log, from its opening to its end. */
export interface PlannedOwner {
  /** While it opens the log the owner before it goes on; `undefined`: that one is woken at the end. */
  readonly wakes: Waking | undefined;
  readonly life: PlannedLife;
  /** It stalls after so many calls to its disk, once it is open. The last owner never does. */
  readonly stallsAfter: number;
  /** Whether it closes the log when it is done. */
  readonly closes: boolean;
}

/** How an owner that was stalled goes on. */
export interface Waking {
  /** After so many turns of the run. */
  readonly turns: number;
  /** Whether it hears at once that its lock is gone. */
  readonly hearsOfLock: boolean;
}

/** The owners that a log has, each stalled while the next takes it over. */
export interface TakeoverPlan {
  readonly owners: readonly PlannedOwner[];
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
  return { owners, orderSeed, cutSeed };
}

function planOwner(random: SimRandom): PlannedOwner {
  return {
    wakes: random.chance(0.5)
      ? { turns: random.integer(0, 60), hearsOfLock: random.chance(0.5) }
      : undefined,
    life: planLife(random),
    stallsAfter: random.integer(0, 70),
    closes: random.chance(0.3),
  };
}

export function showTakeovers({ owners }: TakeoverPlan): string {
  return owners.map((owner, i) => showOwner(owner, i, i === owners.length - 1)).join('\n');
}

function showOwner({ wakes, life, stallsAfter, closes }: PlannedOwner, i: number, isLast: boolean) {
  const notes = [
    ...(isLast ? [] : [`stalls after ${stallsAfter} calls`]),
    ...(wakes === undefined || i === 0
      ? []
      : [
          `the one before goes on after ${wakes.turns} turns` +
            (wakes.hearsOfLock ? ', and hears of its lock' : ''),
        ]),
  ];
  const lines = ['open', ...showLife(life), ...(closes ? ['close'] : [])];
  return `owner ${i + 1} (${notes.join('; ')})\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
