import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { BuiltPackages } from './built-packages.ts';
import type { Block, Document } from './document.ts';
import { isAsShown } from './printed.ts';

/** Commands and programs of a document end by themselves; one that hangs must not hold up the tests. */
const TIMEOUT_MS = 300_000;
const IS_RUN: readonly string[] = ['program', 'types only', 'commands', 'prints'];

interface Places {
  /** Where programs are written. */
  readonly sources: string;
  /** Where they are compiled to, and where everything is run. */
  readonly run: string;
  /** The commands of the packages. */
  readonly bin: string;
}

interface Step {
  readonly block: Block;
  readonly command: string;
  /** What it must print. */
  readonly shown: string | undefined;
}

/** Whether a document has something to run, or to compile. */
export function isRunnable({ blocks }: Document): boolean {
  return blocks.some(({ check }) => IS_RUN.includes(check?.kind ?? ''));
}

/** Documents whose programs are compiled at once, and run in folders of their own. */
export class RunnableDocuments {
  readonly #documents: ReadonlyMap<string, RunnableDocument>;

  /** @throws Error if a program does not compile */
  constructor(name: string, documents: readonly Document[], built: BuiltPackages) {
    const sources = join(built.folder, 'sources', name);
    const runs = join(built.folder, 'runs', name);
    const bin = join(built.folder, 'node_modules/.bin');
    this.#documents = new Map(
      documents.map((document) => {
        const folder = document.path.replaceAll(/\W+/g, '-').toLowerCase();
        const places = { sources: join(sources, folder), run: join(runs, folder), bin };
        return [document.path, new RunnableDocument(document, places)];
      }),
    );
    if (documents.some(hasPrograms)) built.compilePrograms(sources, runs);
  }

  /** @throws Error that names the line of the block which failed, or printed something else than is shown. */
  async run(path: string, env: NodeJS.ProcessEnv): Promise<void> {
    await this.#documents.get(path)?.run(env);
  }
}

function hasPrograms({ blocks }: Document): boolean {
  return blocks.some(({ check }) => check?.kind === 'program' || check?.kind === 'types only');
}

/** A document whose programs and commands are run in its order, in one folder. */
class RunnableDocument {
  readonly #path: string;
  readonly #places: Places;
  readonly #steps: readonly Step[];

  constructor(document: Document, places: Places) {
    this.#path = document.path;
    this.#places = places;
    mkdirSync(places.sources, { recursive: true });
    mkdirSync(places.run, { recursive: true });
    const blocks = document.blocks.filter(({ check }) => IS_RUN.includes(check?.kind ?? ''));
    this.#steps = blocks.flatMap((block, i) => this.#stepsOf(block, blocks[i + 1]));
  }

  async run(env: NodeJS.ProcessEnv): Promise<void> {
    for (const { block, command, shown } of this.#steps) {
      const { code, printed } = await runIn(this.#places, command, env);
      const place = `${this.#path}:${block.line}`;
      if (code !== 0) throw new Error(`${place} ended with ${code}\n${printed}`);
      if (shown !== undefined && !isAsShown(printed, shown)) {
        throw new Error(`${place} printed\n${printed}\ninstead of\n${shown}`);
      }
    }
  }

  #stepsOf(block: Block, next: Block | undefined): Step[] {
    const { check, code, language, line } = block;
    const shown = next?.check?.kind === 'prints' ? next.code : undefined;
    const setup = check !== undefined && 'setup' in check ? check.setup : [];
    const steps = setup.map((command) => ({ block, command, shown: undefined }));
    if (check?.kind === 'commands') return [...steps, { block, command: code, shown }];
    if (check?.kind !== 'program' && check?.kind !== 'types only') return [];
    const name = `line-${line}`;
    writeFileSync(join(this.#places.sources, `${name}.${language}`), code);
    if (check.kind === 'types only') return [];
    return [...steps, { block, command: `node ${name}.js`, shown }];
  }
}

/** What a shell prints, to both of its outputs, as a user sees it. */
function runIn(
  { run, bin }: Places,
  command: string,
  env: NodeJS.ProcessEnv,
): Promise<{ code: number | null; printed: string }> {
  // The first `node` on the path is the one that runs the tests.
  const { PATH } = process.env;
  const path = [bin, dirname(process.execPath), PATH].join(delimiter);
  const child = spawn('bash', ['-euo', 'pipefail', '-c', `exec 2>&1\n${command}`], {
    cwd: run,
    env: { ...process.env, NO_COLOR: '1', ...env, PATH: path, HOME: run },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: TIMEOUT_MS,
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, printed }));
  });
}
