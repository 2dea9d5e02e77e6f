import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, onTestFinished } from 'vitest';

/*
 * Tests with processes of their own run the sources, as all tests do. Node 20 cannot, so they are compiled
 * once a test file, into a temporary directory: what `dist` holds may be old, or be written by somebody
 * else at that moment. Types are left to the type check, which makes it a matter of half a second.
 */
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const ENTRIES = ['command-process', 'workload-process'] as const;
const SUPPORT = 'packages/fslog/test/support';

let compiled: string | undefined;

function compile(): string {
  if (compiled !== undefined) return compiled;
  const directory = mkdtempSync(join(tmpdir(), 'fslog-compiled-'));
  compiled = directory;
  const config = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: {
      rootDir: ROOT,
      outDir: directory,
      noCheck: true,
      composite: false,
      incremental: false,
      declaration: false,
      declarationMap: false,
      isolatedDeclarations: false,
      sourceMap: false,
      types: ['node'],
      typeRoots: [join(ROOT, 'node_modules/@types')],
    },
    files: [
      join(ROOT, 'packages/core/src/index.ts'),
      join(ROOT, 'packages/core/src/crc32-bulk.node.ts'),
      join(ROOT, 'packages/fslog/src/index.ts'),
      ...ENTRIES.map((entry) => join(ROOT, SUPPORT, `${entry}.ts`)),
    ],
    references: [],
  };
  const path = join(directory, 'tsconfig.json');
  writeFileSync(path, JSON.stringify(config));
  execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', path]);
  for (const name of ['core', 'fslog']) linkPackage(directory, name);
  return directory;
}

/** Lets the compiled code find a package, compiled like itself, under its name. */
function linkPackage(directory: string, name: string): void {
  const source = join(ROOT, 'packages', name);
  const manifest = readFileSync(join(source, 'package.json'), 'utf8');
  const target = join(directory, 'packages', name);
  writeFileSync(join(target, 'package.json'), manifest.replaceAll('./dist/', './src/'));
  symlinkSync(join(ROOT, 'node_modules'), join(target, 'node_modules'));
  const link = join(directory, 'node_modules/@wal', name);
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(target, link);
}

/** Has to be called at the top of each test file that starts processes. */
export function compileForProcesses(): void {
  afterAll(() => {
    if (compiled !== undefined) rmSync(compiled, { recursive: true, force: true });
    compiled = undefined;
  });
}

/** A process of our own, line by line; killed when the test ends, however it ends. */
export class TestProcess {
  readonly child: ChildProcess;
  readonly exited: Promise<void>;
  /** Whatever it wrote, as lines. */
  readonly lines: string[] = [];
  onLine: ((line: string) => void) | undefined;

  constructor(entry: (typeof ENTRIES)[number], parameters: readonly string[]) {
    const script = join(compile(), SUPPORT, `${entry}.js`);
    this.child = spawn(process.execPath, [script, ...parameters], {
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
  async suspend(): Promise<void> {
    this.child.kill('SIGSTOP');
    const directory = `/proc/${this.pid}/task`;
    for (;;) {
      const stats = readdirSync(directory).map((task) =>
        readFileSync(join(directory, task, 'stat'), 'utf8'),
      );
      if (stats.every((text) => text.slice(text.lastIndexOf(')') + 2).startsWith('T'))) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
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

  constructor() {
    super('command-process', []);
    this.onLine = (line) => {
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
