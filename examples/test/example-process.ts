import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

export interface ProcessOptions {
  readonly cwd?: string;
  readonly onLine?: (line: string, own: ExampleProcess) => void;
}

/** A process that runs a script, line by line; ended when the test ends, however it ends. */
export class ExampleProcess {
  readonly child: ChildProcess;
  /** Resolves when it is gone and all that it wrote is here: to its exit code, `null` if it was killed. */
  readonly exited: Promise<number | null>;
  readonly lines: string[] = [];

  constructor(script: string, parameters: readonly string[], options: ProcessOptions = {}) {
    // Not the options of the test runner: they would have it look for sources.
    this.child = fork(script, parameters, {
      execArgv: [],
      cwd: options.cwd,
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    this.exited = once(this.child, 'close').then(([code]) => code as number | null);
    if (this.child.stdout === null) throw new Error('the process has no output');
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      this.lines.push(line);
      options.onLine?.(line, this);
    });
    onTestFinished(() => this.kill());
  }

  /** Ends it at once, and waits until it is gone. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }
}
