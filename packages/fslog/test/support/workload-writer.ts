import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TestProcess } from './child-process.ts';
import type { SystemCall, WorkloadLine, WorkloadOrders } from './workload-orders.ts';

/** Longer than anything a writer does may take, on the busiest of disks. */
const LIMIT_MS = 120_000;

/** How a writer ended. */
export type WorkloadEnd = 'finished' | 'killed';

/** A process that works on a log: see workload-process.ts. */
export class WorkloadWriter {
  readonly #process: TestProcess;

  constructor(orders: WorkloadOrders) {
    this.#process = new TestProcess('workload-process', [JSON.stringify(orders)]);
  }

  /** What it said until now. The last line may be cut. */
  get lines(): readonly WorkloadLine[] {
    return this.#process.lines
      .filter((text) => text.endsWith('}'))
      .map((text) => JSON.parse(text) as WorkloadLine);
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Where it sent itself a signal, if it did. */
  get interruptedAt(): SystemCall | undefined {
    return this.lines.find((line) => line.say === 'interrupted')?.at;
  }

  /** Waits until it has said so many lines, or has ended, or `ms` have passed. */
  async said(count: number, ms = 10_000): Promise<void> {
    await this.#until(() => this.#process.lines.length >= count, ms);
  }

  /** Waits until it has suspended itself. */
  async suspended(): Promise<void> {
    await this.#until((line) => line.includes('interrupted'), LIMIT_MS);
    const stat = `/proc/${this.pid}/stat`;
    while (!/\) T /.test(readFileSync(stat, 'utf8'))) await sleep(1);
  }

  async #until(isEnough: (line: string) => boolean, ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => {
      this.#process.onLine = (line) => {
        if (isEnough(line)) resolve();
      };
      for (const line of this.#process.lines) this.#process.onLine(line);
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([enough, this.#process.exited]);
    clearTimeout(timer);
  }

  /** Waits until it ends by itself. */
  async end(): Promise<WorkloadEnd> {
    const timer = setTimeout(() => this.#process.signal('SIGABRT'), LIMIT_MS);
    await this.#process.exited;
    clearTimeout(timer);
    return this.#howItEnded();
  }

  /** Resolves when it has ended by itself, however. */
  async finished(): Promise<void> {
    await this.#process.exited;
  }

  /** Ends it at once, and waits until all it said is here. */
  async kill(): Promise<WorkloadEnd> {
    await this.#process.kill();
    return this.#howItEnded();
  }

  suspend(): Promise<void> {
    return this.#process.suspend();
  }

  resume(): void {
    this.#process.signal('SIGCONT');
  }

  #howItEnded(): WorkloadEnd {
    const { exitCode, signalCode } = this.#process.child;
    if (signalCode === 'SIGKILL') return 'killed';
    if (exitCode === 0 && this.lines.at(-1)?.say === 'finished') return 'finished';
    const last = this.#process.lines.slice(-5).join('\n');
    throw new Error(`a writer ended with ${signalCode ?? exitCode}, having said\n${last}`);
  }
}
