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
      if (!this.#isRunning) void this.#run();
    });

  /** From now on no call takes effect. */
  stop(): void {
    this.#isStopped = true;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) {
      await settle();
      if (this.#isStopped) return;
      const step = this.#onStep();
      if (step !== undefined) await step;
      if (this.#isStopped) return;
      const index = this.#random.integer(0, this.#waiting.length - 1);
      const [next] = this.#waiting.splice(index, 1);
      next?.();
    }
    this.#isRunning = false;
  }
}

/** Resolves when everything has settled that needs nothing but microtasks. */
export async function settle(): Promise<void> {
  for (let i = 0; i < SETTLING_TURNS; i++) await undefined;
}
