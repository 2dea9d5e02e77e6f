import { type SimRandom, settle } from '@wal/conformance';
import type { FsLog } from '@wal/fslog';
import type { Oracle } from './oracle.ts';
import { newRecord, TrackedLog } from './tracked-log.ts';
import type { VirtualTimers } from './virtual-timers.ts';

/** Uses a log as many callers at once would, at random. */
export class Program {
  readonly #tracked: TrackedLog;
  readonly #random: SimRandom;
  readonly #timers: VirtualTimers;

  constructor(log: FsLog, oracle: Oracle, random: SimRandom, timers: VirtualTimers) {
    this.#tracked = new TrackedLog(log, oracle);
    this.#random = random;
    this.#timers = timers;
  }

  get isPoisoned(): boolean {
    return this.#tracked.isPoisoned;
  }

  /** Issues some operations, waiting for all, some or none in between; resolves when they have settled. */
  async run(isOver: () => boolean): Promise<void> {
    const random = this.#random;
    const count = random.integer(1, 24);
    for (let i = 0; i < count && !isOver(); i++) {
      this.#issue();
      if (random.chance(0.4)) await this.#tracked.settled();
      else if (random.chance(0.5)) await settle();
      this.#tracked.check();
      if (this.isPoisoned && random.chance(0.5)) break;
    }
    await this.#tracked.settled();
    if (random.chance(0.5)) this.#timers.fire();
    if (random.chance(0.5)) await settle();
  }

  #issue(): void {
    const tracked = this.#tracked;
    const kind = this.#random.integer(0, 19);
    if (kind <= 9) this.#append();
    else if (kind <= 12) this.#truncate();
    else if (kind <= 14) this.#trim();
    else if (kind <= 15) tracked.roll();
    else if (kind <= 16) tracked.sync();
    else if (kind <= 17) this.#get();
    else this.#timers.fire();
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
    if (random.chance(0.05)) return newRecord(0);
    return newRecord(random.integer(1, random.chance(0.1) ? 1500 : 120));
  }
}
