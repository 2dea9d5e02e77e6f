import { macrotask } from '../waiting.ts';

/** How time passes for a log under test. */
export interface Pace {
  /** What the promise gives. Rejects if that takes for ever. */
  until<T>(promise: Promise<T>): Promise<T>;
  /** Lets everything go on that is ready to. */
  turn(): Promise<void>;
  /** Lets the log's timers run out. */
  fire(): void;
}

/** The time of the machine. */
export const REAL_TIME: Pace = {
  until: (promise) => promise,
  turn: macrotask,
  fire: () => undefined,
};
