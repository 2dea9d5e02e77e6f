import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { suspend } from '@wal/test-harness';
import type { WriterLine, WriterOrders } from './writer-lines.ts';

const QUIET_MS = 50;

/** A writer in a process of its own. */
export class Writer {
  readonly lines: WriterLine[] = [];
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;

  constructor(script: string, orders: WriterOrders) {
    this.#child = spawn(process.execPath, ['--no-warnings', script, JSON.stringify(orders)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const { stdout } = this.#child;
    if (stdout === null) throw new Error('the process has no pipe');
    createInterface({ input: stdout }).on('line', (line) => {
      this.lines.push(JSON.parse(line));
    });
    this.ended = new Promise((resolve) => this.#child.once('close', () => resolve()));
  }

  get isClosed(): boolean {
    return this.lines.at(-1)?.say === 'closed';
  }

  /** Waits until it has said nothing for a while: whatever it does, it waits for answers. */
  async quiet(): Promise<void> {
    for (let before = -1; before !== this.lines.length; ) {
      before = this.lines.length;
      await sleep(QUIET_MS);
    }
  }

  /** Ends it at once. Resolves when all it said is here. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** Stops it, and waits until all of it stands still. */
  suspend(): Promise<void> {
    return suspend(this.#child);
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }
}
