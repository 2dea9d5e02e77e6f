import { SimRandom } from '@wal/conformance';
import { type PlannedLife, planLife, showLife } from './operations.ts';

/** One process, from its start to the moment when it is cut off. */
export interface PlannedGeneration {
  /** It opens the log, uses it and closes it so many times, if it comes to that. */
  readonly lives: readonly PlannedLife[];
  /** How many calls of its disk take effect before it is cut off. */
  readonly calls: number;
  /** Whether the machine goes down with the process. */
  readonly isPowerLoss: boolean;
  /** In which order calls take effect that are in flight together; `undefined`: in that of being made. */
  readonly orderSeed: number | undefined;
  /** Which calls fail, and how; `undefined`: none. */
  readonly faultSeed: number | undefined;
  /** Of these, by number, only these calls fail. */
  readonly faultyCalls?: readonly number[];
  /** Which reads give less than there is; `undefined`: none. */
  readonly shortReadSeed: number | undefined;
  /** How much may be queued, where it is so little that appends wait. */
  readonly maxQueuedBytes: number | undefined;
  /** What is left by the power cuts that are tried before each call, and by the one at the end. */
  readonly cutSeed: number;
}

/** Five short records, the most of a batch, and what each of them costs besides its bytes. */
const SMALL_QUEUE_BYTES = 1024;
const SHORT_RECORD_BYTES = 120;

/** A log's whole life: each generation goes on with what the one before it has left. */
export type CrashPlan = readonly PlannedGeneration[];

export function planCrashes(seed: number, generations: number, hasFaults: boolean): CrashPlan {
  const random = new SimRandom(seed);
  return Array.from({ length: generations }, () => {
    const maxQueuedBytes = random.chance(0.2) ? SMALL_QUEUE_BYTES : undefined;
    const life = (): PlannedLife =>
      planLife(random, maxQueuedBytes === undefined ? undefined : SHORT_RECORD_BYTES);
    const lives = [life()];
    while (lives.length < 6 && random.chance(0.7)) lives.push(life());
    return {
      lives,
      calls: random.chance(0.3) ? random.integer(1, 60) : random.integer(40, 600),
      isPowerLoss: random.chance(0.6),
      orderSeed: random.seed(),
      faultSeed: hasFaults ? random.seed() : undefined,
      shortReadSeed: random.seed(),
      maxQueuedBytes,
      cutSeed: random.seed(),
    };
  });
}

/** The seed of the power cut that is tried as the `nth` before a call. */
export function checkSeed(cutSeed: number, call: number, nth: number): number {
  return Math.imul(cutSeed ^ Math.imul(call, 0x9e3779b1), 0x85ebca6b) ^ Math.imul(nth, 0xc2b2ae35);
}

export function showPlan(plan: CrashPlan): string {
  return plan.map(showGeneration).join('\n');
}

function showGeneration(generation: PlannedGeneration, i: number): string {
  const { lives, calls, isPowerLoss, orderSeed, faultSeed, faultyCalls } = generation;
  const { shortReadSeed, maxQueuedBytes } = generation;
  const lines = lives.flatMap((life) => ['open', ...showLife(life), 'close']);
  const notes = [
    ...(orderSeed === undefined ? [] : ['calls in any order']),
    ...(faultSeed === undefined ? [] : [`failing calls: ${faultyCalls?.join(', ') ?? 'random'}`]),
    ...(shortReadSeed === undefined ? [] : ['short reads']),
    ...(maxQueuedBytes === undefined ? [] : [`at most ${maxQueuedBytes} bytes queued`]),
    `${isPowerLoss ? 'power loss' : 'kill'} after ${calls} calls`,
  ];
  return `process ${i + 1} (${notes.join('; ')})\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
