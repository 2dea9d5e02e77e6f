import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { compiledScript } from '../support/compiled-sources.ts';
import type { Leaving, Outcome, Ready, VictimCall } from './victim-calls.ts';

/** Longer than anything a victim does may take. */
const LIMIT_MS = 120_000;

/** One call that a victim was told to make, and what became of it, if that is known. */
export interface VictimStep {
  readonly call: VictimCall;
  /** Counts what it was told: calls of one number were made at once. */
  readonly turn: number;
  outcome: Outcome | undefined;
}

/** A process of its own that works on a log: see victim-process.ts. Killed when the test ends. */
export class Victim {
  /** All calls, in their order. */
  readonly steps: VictimStep[] = [];
  /** Resolves when it is gone: 'exited 0', if nothing went wrong. */
  readonly exited: Promise<string>;
  #diskThread = 0;
  /** Set when it ended by itself. */
  leftOpen: readonly string[] | undefined;
  /** What it wrote to stderr: nothing, if nothing went wrong. */
  complaints = '';
  readonly #child: ChildProcess;
  #onLine: () => void = () => undefined;
  #howItEnded: string | undefined;

  private constructor() {
    this.#child = spawn(process.execPath, [compiledScript('test/kernel/victim-process')], {
      stdio: 'pipe',
      // One thread, whose calls can be counted; through io_uring nobody sees them.
      env: { ...process.env, UV_THREADPOOL_SIZE: '1', UV_USE_IO_URING: '0' },
    });
    const { stdin, stdout, stderr } = this.#child;
    if (stdin === null || stdout === null || stderr === null) throw new Error('no pipes');
    stdin.on('error', () => undefined); // It may be dead already.
    stderr.on('data', (bytes: Buffer) => {
      this.complaints += bytes.toString();
    });
    createInterface({ input: stdout }).on('line', (text) => {
      this.#hear(text);
      this.#onLine();
    });
    this.exited = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        this.#howItEnded = signal === null ? `exited ${code}` : `killed by ${signal}`;
        resolve(this.#howItEnded);
        this.#onLine();
      });
    });
    onTestFinished(() => this.kill());
  }

  static async start(): Promise<Victim> {
    const victim = new Victim();
    await victim.#until(() => victim.#diskThread > 0);
    return victim;
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** The thread that makes all calls to the disk but a few of `/proc`. */
  get diskThread(): number {
    return this.#diskThread;
  }

  /** Tells it to make calls at once, after all those before have settled. */
  send(...calls: readonly VictimCall[]): VictimStep[] {
    const turn = (this.steps.at(-1)?.turn ?? 0) + 1;
    const steps = calls.map((call) => ({ call, turn, outcome: undefined }));
    this.steps.push(...steps);
    this.#child.stdin?.write(`${JSON.stringify(calls)}\n`);
    return steps;
  }

  /** Lets it make calls at once, and gives what became of them. */
  async run(...calls: readonly VictimCall[]): Promise<Outcome[]> {
    const steps = this.send(...calls);
    await this.#until(() => steps.every(({ outcome }) => outcome !== undefined));
    return steps.map(({ outcome }) => outcome as Outcome);
  }

  /** Lets it make a call that must resolve, and gives what to. */
  async succeed(call: VictimCall): Promise<unknown> {
    const [outcome] = await this.run(call);
    if (outcome?.message !== undefined || outcome?.isSkipped === true) {
      throw new Error(`${JSON.stringify(call)}: ${outcome.message ?? 'no log is open'}`);
    }
    return outcome?.value;
  }

  /** Lets it finish what it was told, and end by itself. Gives how that went: see `exited`. */
  async end(): Promise<string> {
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), LIMIT_MS);
    const how = await this.exited;
    clearTimeout(timer);
    return how;
  }

  /** Ends it at once, and waits until all it said is here. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  #hear(text: string): void {
    if (!text.endsWith('}')) return; // Killed while it wrote.
    const line = JSON.parse(text) as Partial<Ready & Leaving & Outcome>;
    if (line.diskThread !== undefined) this.#diskThread = line.diskThread;
    if (line.left !== undefined) this.leftOpen = line.left;
    const step = line.number === undefined ? undefined : this.steps[line.number];
    if (step !== undefined) step.outcome = line as Outcome;
  }

  async #until(isSo: () => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the victim hangs')), LIMIT_MS);
      this.#onLine = () => {
        if (!isSo() && this.#howItEnded === undefined) return;
        clearTimeout(timer);
        resolve();
      };
      this.#onLine();
    });
    if (isSo()) return;
    throw new Error(`the victim ${this.#howItEnded}: ${this.complaints}`);
  }
}
