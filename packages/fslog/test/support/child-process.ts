import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { suspend } from '@wal/test-harness';
import { onTestFinished } from 'vitest';
import { compiledScript } from './compiled-sources.ts';

/** A process of our own, line by line; killed when the test ends, however it ends. */
export class TestProcess {
  readonly child: ChildProcess;
  readonly exited: Promise<void>;
  /** Whatever it wrote, as lines. */
  readonly lines: string[] = [];
  onLine: ((line: string) => void) | undefined;

  /** `within`: a command that runs the one that follows it, as `unshare` does. */
  constructor(
    entry: 'command-process' | 'workload-process',
    parameters: readonly string[],
    within: readonly string[] = [],
  ) {
    const script = compiledScript(`test/support/${entry}`);
    const [program = '', ...rest] = [...within, process.execPath, script, ...parameters];
    this.child = spawn(program, rest, {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.exited = new Promise((resolve) => this.child.once('close', () => resolve()));
    const { stdin, stdout } = this.child;
    if (stdin === null || stdout === null) throw new Error('the process has no pipes');
    stdin.on('error', () => undefined); // It may be dead already.
    createInterface({ input: stdout }).on('line', (line) => {
      this.lines.push(line);
      this.onLine?.(line);
    });
    onTestFinished(() => this.kill());
  }

  get pid(): number {
    return this.child.pid as number;
  }

  send(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Stops it, and waits until all of it stands still. */
  suspend(): Promise<void> {
    return suspend(this.child);
  }

  /** Ends it at once, and waits until all it wrote is here. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }
}

/** What a command came to. */
export interface Answer {
  readonly value?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

/** A process that does with a log what it is told: see command-process.ts. */
export class CommandProcess extends TestProcess {
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #last = 0;

  constructor(within: readonly string[] = []) {
    super('command-process', [], within);
    this.onLine = (line) => {
      if (!line.endsWith('}')) return; // Killed while it wrote.
      const { id, ...answer } = JSON.parse(line) as Answer & { id: number };
      this.#waiting.get(id)?.(answer);
      this.#waiting.delete(id);
    };
    void this.exited.then(() => {
      for (const answer of this.#waiting.values()) {
        answer({ error: { code: 'EXITED', message: 'the process is gone' } });
      }
    });
  }

  /** Calls a command and gives what it came to. */
  run(command: string, ...parameters: readonly unknown[]): Promise<Answer> {
    const id = ++this.#last;
    this.send(JSON.stringify({ id, command, parameters }));
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  /** Calls a command that must succeed. */
  async call(command: string, ...parameters: readonly unknown[]): Promise<unknown> {
    const { error, value } = await this.run(command, ...parameters);
    if (error !== undefined) throw new Error(`${command}: ${error.code} ${error.message}`);
    return value;
  }
}
