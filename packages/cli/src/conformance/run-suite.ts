import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CommandError } from '../failure/command-error.ts';
import { EXIT } from '../failure/exit-code.ts';
import { STOP, type SuiteMessage, type SuiteRequest, type SuiteTest } from './suite-message.ts';

export interface SuiteSettings {
  /** After so long without an end a test has failed, and those behind it cannot be run. */
  readonly testLimitMs: number;
  readonly signal: AbortSignal;
  readonly onTest: (done: number, total: number) => void;
}

/** What became of a test. */
export interface TestOutcome extends SuiteTest {
  readonly outcome: 'passed' | 'failed' | 'skipped' | 'not run';
  readonly failure: string | undefined;
}

/** What became of all of them. */
export interface SuiteOutcome {
  /** The fixture's. */
  readonly name: string;
  /** Of everything random: given back it repeats the run. */
  readonly seed: number;
  readonly tests: readonly TestOutcome[];
}

/**
 * Runs the suite in a process of its own, to its end or until `signal` is aborted. What that process prints goes to stderr.
 * @throws CommandError where there is no suite to run
 */
export function runSuite(request: SuiteRequest, settings: SuiteSettings): Promise<SuiteOutcome> {
  const script = fileURLToPath(new URL('./suite-process.js', import.meta.url));
  const child = fork(script, [JSON.stringify(request)], { stdio: ['ignore', 2, 2, 'ipc'] });
  return new SuiteRun(child, request, settings).outcome;
}

class SuiteRun {
  readonly outcome: Promise<SuiteOutcome>;
  readonly #child: ChildProcess;
  readonly #settings: SuiteSettings;
  #loaded: Extract<SuiteMessage, { kind: 'loaded' }> | undefined;
  #refusal: string | undefined;
  readonly #ended = new Map<number, string | undefined>();
  #current: number | undefined;
  #whyKilled: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(child: ChildProcess, { module }: SuiteRequest, settings: SuiteSettings) {
    this.#child = child;
    this.#settings = settings;
    const stop = (): void => {
      if (child.connected) child.send(STOP);
    };
    settings.signal.addEventListener('abort', stop);
    this.#timer = setTimeout(this.#kill, settings.testLimitMs);
    this.outcome = new Promise((resolve, reject) => {
      child.on('message', (message) => this.#hear(message as SuiteMessage));
      child.on('error', reject);
      child.on('close', (code, signal) => {
        clearTimeout(this.#timer);
        settings.signal.removeEventListener('abort', stop);
        if (this.#loaded !== undefined) {
          resolve(this.#result(this.#loaded, code, signal));
          return;
        }
        const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
        const why = this.#refusal ?? `${module} ${this.#whyKilled ?? `ended the process ${how}`}`;
        reject(new CommandError(why, EXIT.failed));
      });
    });
  }

  #hear(message: SuiteMessage): void {
    clearTimeout(this.#timer);
    if (message.kind === 'loaded') this.#loaded = message;
    if (message.kind === 'refused') this.#refusal = message.reason;
    this.#current = message.kind === 'begun' ? message.test : undefined;
    if (message.kind === 'begun') this.#timer = setTimeout(this.#kill, this.#settings.testLimitMs);
    if (message.kind !== 'ended') return;
    this.#ended.set(message.test, message.failure);
    const tests = this.#loaded?.tests ?? [];
    const total = tests.filter(({ skipReason }) => skipReason === undefined).length;
    this.#settings.onTest(this.#ended.size, total);
  }

  readonly #kill = (): void => {
    this.#whyKilled = `did not end within ${this.#settings.testLimitMs / 1000} s`;
    this.#child.kill('SIGKILL');
  };

  #result(
    { name, seed, tests }: Extract<SuiteMessage, { kind: 'loaded' }>,
    code: number | null,
    signal: NodeJS.Signals | null,
  ): SuiteOutcome {
    const how = signal === null ? `exit code ${code}` : signal;
    const why = this.#whyKilled ?? `the process ended meanwhile: ${how}`;
    return {
      name,
      seed,
      tests: tests.map((test, i) => {
        if (test.skipReason !== undefined) {
          return { ...test, outcome: 'skipped', failure: undefined };
        }
        if (i === this.#current) return { ...test, outcome: 'failed', failure: why };
        if (!this.#ended.has(i)) return { ...test, outcome: 'not run', failure: undefined };
        const failure = this.#ended.get(i);
        return { ...test, outcome: failure === undefined ? 'passed' : 'failed', failure };
      }),
    };
  }
}
