import type { SimRandom } from '../sim-disk/index.ts';
import type { CrashExtra } from './crash-capability.ts';
import { crashRecord } from './crash-record.ts';
import type { Pace } from './pace.ts';
import type { TrackedLog } from './tracked-log.ts';

/** How often each operation is called, against the others. */
const APPEND = 10;
const TRUNCATE = 3;
const TRIM = 2;
const GET = 1;
const FIRE = 2;
const MOST_OPERATIONS = 24;

/** Uses a log as many callers at once would, at random. */
export class Program {
  readonly #tracked: TrackedLog;
  readonly #random: SimRandom;
  readonly #pace: Pace;
  readonly #extras: readonly CrashExtra[];
  readonly #mostOperations: number;

  constructor(
    tracked: TrackedLog,
    random: SimRandom,
    pace: Pace,
    extras: readonly CrashExtra[] = [],
    mostOperations: number = MOST_OPERATIONS,
  ) {
    this.#tracked = tracked;
    this.#random = random;
    this.#pace = pace;
    this.#extras = extras;
    this.#mostOperations = mostOperations;
  }

  get isPoisoned(): boolean {
    return this.#tracked.isPoisoned;
  }

  /** Issues some operations, waiting for all, some or none in between; resolves when they have settled. */
  async run(isOver: () => boolean): Promise<void> {
    const random = this.#random;
    const pace = this.#pace;
    const count = random.integer(1, this.#mostOperations);
    for (let i = 0; i < count && !isOver(); i++) {
      this.#issue();
      if (random.chance(0.4)) await pace.until(this.#tracked.settled());
      else if (random.chance(0.5)) await pace.turn();
      this.#tracked.check();
      if (this.isPoisoned && random.chance(0.5)) break;
    }
    await pace.until(this.#tracked.settled());
    if (random.chance(0.5)) pace.fire();
    if (random.chance(0.5)) await pace.turn();
  }

  #issue(): void {
    const { length } = this.#extras;
    let kind = this.#random.integer(1, APPEND + TRUNCATE + TRIM + GET + FIRE + length);
    const isIn = (share: number): boolean => {
      kind -= share;
      return kind <= 0;
    };
    if (isIn(APPEND)) this.#append();
    else if (isIn(TRUNCATE)) this.#truncate();
    else if (isIn(TRIM)) this.#trim();
    else if (isIn(GET)) this.#get();
    else if (isIn(FIRE)) this.#pace.fire();
    else this.#tracked.extra(this.#extras[kind - 1] as CrashExtra);
  }

  #append(): void {
    const random = this.#random;
    const isBatch = random.chance(0.3);
    const count = isBatch ? random.integer(0, 5) : 1;
    this.#tracked.append(
      Array.from({ length: count }, () => this.#record()),
      isBatch,
    );
  }

  #truncate(): void {
    const { nextId } = this.#tracked.log;
    this.#tracked.truncate(this.#random.integer(Math.max(-1, nextId - 12), nextId + 1));
  }

  #trim(): void {
    const random = this.#random;
    const { nextId } = this.#tracked.log;
    const last = nextId + (random.chance(0.15) ? 4 : -1);
    this.#tracked.trim(random.integer(Math.max(0, nextId - 15), last));
  }

  #get(): void {
    const { firstId, lastId } = this.#tracked.log;
    if (firstId === undefined || lastId === undefined) return;
    this.#tracked.get(this.#random.integer(firstId, lastId));
  }

  #record(): Uint8Array {
    const random = this.#random;
    if (random.chance(0.05)) return crashRecord(random, 0);
    return crashRecord(random, random.integer(1, random.chance(0.1) ? 1500 : 120));
  }
}
