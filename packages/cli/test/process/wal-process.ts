import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { compiledBin, compiledCli } from './compiled-cli.ts';

/** What a process came to. */
export interface Outcome {
  /** `undefined` when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface WalOptions {
  /** Where it runs. */
  readonly cwd?: string | undefined;
  /** What it finds on stdin, which then ends. Default: nothing. */
  readonly stdin?: string | Uint8Array | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** The environment of the tests, without what would colour output or lead to somebody's bucket; `wal` is on its path. */
export function environment(given: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^AWS_|^(NO|FORCE)_COLOR$|^NODE_/.test(name),
  );
  const { PATH } = process.env;
  return { ...Object.fromEntries(own), PATH: `${compiledBin()}:${PATH}`, ...given };
}

/** `wal`, running; killed when the test ends, however it ends. */
export class WalProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Outcome>;
  #stdout = '';
  #stderr = '';
  #onOutput = (): void => undefined;

  constructor(args: readonly string[], { cwd, env }: Omit<WalOptions, 'stdin'> = {}) {
    this.child = spawn(process.execPath, [compiledCli(), ...args], { cwd, env: environment(env) });
    const { stdin, stdout, stderr } = this.child;
    stdin.on('error', () => undefined); // It may have ended already.
    stdout.setEncoding('latin1').on('data', (text: string) => {
      this.#stdout += text;
      this.#onOutput();
    });
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      this.#onOutput();
    });
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code) => {
        resolve({ exitCode: code ?? undefined, stdout: this.stdout, stderr: this.#stderr });
        this.#onOutput();
      });
    });
    onTestFinished(async () => {
      this.child.kill('SIGKILL');
      stdout.resume();
      await this.ended;
    });
  }

  /** What it has printed. */
  get bytes(): Buffer {
    return Buffer.from(this.#stdout, 'latin1');
  }

  get stdout(): string {
    return this.bytes.toString();
  }

  /** Reads its output no further, from the first of it on. */
  async stopReading(): Promise<void> {
    const { stdout } = this.child;
    await new Promise<void>((resolve) => stdout.once('data', () => resolve()));
    stdout.pause();
  }

  /** Waits until it has printed this. */
  async hasPrinted(text: string): Promise<void> {
    while (!this.stdout.includes(text) && !this.#stderr.includes(text)) {
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        await this.ended;
        if (this.stdout.includes(text) || this.#stderr.includes(text)) return;
        throw new Error(`ended without printing ${text}:\n${this.stdout}${this.#stderr}`);
      }
      await new Promise<void>((resolve) => {
        this.#onOutput = resolve;
      });
    }
  }
}

/** Runs `wal` to its end. */
export function wal(args: readonly string[], options: WalOptions = {}): Promise<Outcome> {
  const running = new WalProcess(args, options);
  running.child.stdin.end(options.stdin ?? '');
  return running.ended;
}

/** Runs a line of a shell in which `wal` is the program. */
export function shell(line: string, options: WalOptions = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn('bash', ['-o', 'pipefail', '-c', line], {
      cwd: options.cwd,
      env: environment(options.env),
    });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        texts[name] += text;
      });
    }
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin ?? '');
    child.once('close', (code) => resolve({ exitCode: code ?? undefined, ...texts }));
  });
}
