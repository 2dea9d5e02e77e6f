/** Why a run failed, what led to it, and how to see it again. */
export class CrashFailure extends Error {
  override readonly name = 'CrashFailure';
  /** Repeats the run: of whatever kind it is, it follows from this alone. */
  readonly seed: number;
  /** What was called and how it ended, and what was opened. */
  readonly history: readonly string[];

  constructor(seed: number, options: object, cause: unknown, history: readonly string[]) {
    const lines = [
      cause instanceof Error ? cause.message : String(cause),
      `--- history, ${JSON.stringify(options)}`,
      ...history.slice(-40),
      `To replay it: logConformance(runner, fixture, { seed: ${seed} })`,
    ];
    super(lines.join('\n'), { cause });
    this.seed = seed;
    this.history = history;
  }
}
