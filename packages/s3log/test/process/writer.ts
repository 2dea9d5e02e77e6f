import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { WriterLine, WriterOrders } from './writer-lines.ts';

/** A writer in a process of its own. */
export class Writer {
  readonly lines: WriterLine[] = [];
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  #heard: () => void = () => undefined;

  constructor(script: string, orders: WriterOrders) {
    this.#child = spawn(process.execPath, ['--no-warnings', script, JSON.stringify(orders)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const { stdout } = this.#child;
    if (stdout === null) throw new Error('the process has no pipe');
    createInterface({ input: stdout }).on('line', (line) => {
      this.lines.push(JSON.parse(line));
      this.#heard();
    });
    this.ended = new Promise((resolve) => this.#child.once('close', () => resolve()));
  }

  get isClosed(): boolean {
    return this.lines.at(-1)?.say === 'closed';
  }

  /** Waits until it has said so many lines, or is gone. */
  async said(count: number): Promise<void> {
    const enough = new Promise<void>((resolve) => {
      this.#heard = () => this.lines.length >= count && resolve();
      this.#heard();
    });
    await Promise.race([enough, this.ended]);
  }

  /** Ends it at once. Resolves when all it said is here. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** Stops it, and waits until all of it stands still. */
  async suspend(): Promise<void> {
    this.#child.kill('SIGSTOP');
    const directory = `/proc/${this.#child.pid}/task`;
    const isStill = (task: string): boolean => {
      const text = readFileSync(`${directory}/${task}/stat`, 'utf8');
      return text.slice(text.lastIndexOf(')') + 2).startsWith('T');
    };
    while (!readdirSync(directory).every(isStill)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }
}
