import type { SimRandom } from './sim-random.ts';

/** So many turns of the microtask queue let everything settle that waits for an answer already given. */
const SETTLING_TURNS = 40;

/**
 * Lets the calls of a disk take effect one at a time, in random order among those that are in flight.
 * Before each, everything that earlier answers set going has settled, and `onStep` is called: the moment
 * to look at a log's promises, or to cut the power of a copy of the storage.
 */
export class SimScheduler {
  readonly #random: SimRandom;
  readonly #onStep: () => Promise<void> | undefined;
  readonly #waiting: (() => void)[] = [];
  readonly #pauses: { readonly until: number; readonly end: () => void }[] = [];
  #calls = 0;
  #isRunning = false;
  #isStopped = false;

  constructor(random: SimRandom, onStep: () => Promise<void> | undefined = () => undefined) {
    this.#random = random;
    this.#onStep = onStep;
  }

  /** For `SimDiskOptions.gate`. */
  readonly gate = (): Promise<void> =>
    new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#start();
    });

  /**
   * Resolves once so many more calls have taken effect, or nothing is waiting for a call any more: a pause
   * that is as long however long `onStep` takes.
   */
  pause(calls: number): Promise<void> {
    return new Promise((resolve) => {
      this.#pauses.push({ until: this.#calls + calls, end: resolve });
      this.#start();
    });
  }

  /** From now on no call takes effect. */
  stop(): void {
    this.#isStopped = true;
  }

  #start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    for (;;) {
      await settle();
      if (this.#isStopped) return;
      if (this.#endPauses()) continue;
      if (this.#waiting.length === 0) break;
      const step = this.#onStep();
      if (step !== undefined) await step;
      if (this.#isStopped) return;
      const index = this.#random.integer(0, this.#waiting.length - 1);
      const [next] = this.#waiting.splice(index, 1);
      this.#calls++;
      next?.();
    }
    this.#isRunning = false;
  }

  /** @returns whether there was one to end. */
  #endPauses(): boolean {
    const isIdle = this.#waiting.length === 0;
    const due = this.#pauses.filter(({ until }) => isIdle || until <= this.#calls);
    for (const pause of due) {
      this.#pauses.splice(this.#pauses.indexOf(pause), 1);
      pause.end();
    }
    return due.length > 0;
  }
}

/** Resolves when everything has settled that needs nothing but microtasks. */
export async function settle(): Promise<void> {
  for (let i = 0; i < SETTLING_TURNS; i++) await undefined;
}
