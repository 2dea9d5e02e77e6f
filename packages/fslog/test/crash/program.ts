import type { TrackedLog } from '@wal/conformance';
import { ROLL, SYNC } from '../support/extras.ts';
import { newRecord } from './numbered-records.ts';
import { type PlannedLife, type PlannedOperation, targetOf, within } from './operations.ts';
import type { VirtualTimers } from './virtual-timers.ts';

/** Uses a log as many callers at once would, as planned. */
export class Program {
  readonly #tracked: TrackedLog;
  readonly #life: PlannedLife;
  readonly #timers: VirtualTimers;
  readonly #pause: (calls: number) => Promise<void>;

  /** `pause` waits for calls to the disk. */
  constructor(
    tracked: TrackedLog,
    life: PlannedLife,
    timers: VirtualTimers,
    pause: (calls: number) => Promise<void>,
  ) {
    this.#pause = pause;
    this.#tracked = tracked;
    this.#life = life;
    this.#timers = timers;
  }

  /** Issues the operations, waiting for all, some or none in between; resolves when they have settled. */
  async run(isOver: () => boolean): Promise<void> {
    for (const operation of this.#life.operations) {
      if (isOver()) return;
      this.#issue(operation);
      if (operation.awaits === 'all') await this.#tracked.settled();
      else if (operation.awaits > 0) await this.#pause(operation.awaits);
      this.#tracked.check();
      // A log that has failed is tried again, and closed at the next one that waits.
      if (this.#tracked.isPoisoned && operation.awaits === 'all') break;
    }
    await this.#tracked.settled();
    // Only an opening finds out that nothing can be written there.
    if (this.#tracked.finalCodes.has('ERR_LOG_READ_ONLY'))
      throw new Error('a writer was read-only');
    if (this.#life.firesTimers && !isOver()) this.#timers.fire();
  }

  #issue(operation: PlannedOperation): void {
    const tracked = this.#tracked;
    const { firstId, lastId, nextId } = tracked.log;
    switch (operation.kind) {
      case 'append':
        tracked.append(operation.lengths.map(newRecord), operation.isBatch);
        break;
      case 'truncate':
        tracked.truncate(targetOf('truncate', operation.fraction, nextId));
        break;
      case 'trim':
        tracked.trim(targetOf('trim', operation.fraction, nextId));
        break;
      case 'get':
        if (firstId === undefined || lastId === undefined) break;
        tracked.get(within(operation.fraction, firstId, lastId));
        break;
      case 'roll':
        tracked.extra(ROLL);
        break;
      case 'sync':
        tracked.extra(SYNC);
        break;
      case 'fire timers':
        this.#timers.fire();
        break;
    }
  }
}
