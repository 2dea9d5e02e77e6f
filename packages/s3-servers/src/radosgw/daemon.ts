import { type ChildProcess, spawn } from 'node:child_process';

/** What is kept of what a daemon says. */
const MOST_SAID = 4_000;

/** A process that serves until it is killed. It does not outlive this one, however that ends. */
export class Daemon {
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  #said = '';
  #isKilled = false;

  constructor(program: string, ...parameters: readonly string[]) {
    const command = ['--pdeathsig', 'KILL', program, ...parameters];
    this.#child = spawn('setpriv', command, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child.stderr?.on('data', (text) => {
      this.#said = (this.#said + text).slice(-MOST_SAID);
    });
    this.#closed = new Promise((resolve) => {
      this.#child.once('close', () => resolve());
      this.#child.once('error', (error) => {
        this.#said += String(error);
        resolve();
      });
    });
  }

  /** Rejects, with what it said last, if it ends before it is killed. */
  async failed(): Promise<never> {
    await this.#closed;
    if (this.#isKilled) return await new Promise(() => undefined);
    throw new Error(`${this.#child.spawnargs.join(' ')} ended: ${this.#said}`);
  }

  /** Ends it at once: it gets no chance to write anything down. Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#isKilled = true;
    this.#child.kill('SIGKILL');
    await this.#closed;
  }
}
