import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface ProgramsToBundle {
  /** Where the programs are, from the root of the repository: `packages/s3log/test/process`. */
  readonly folder: string;
  /** The programs, from `folder`, without their ending: `writer-process`. No two may have the same last name. */
  readonly programs: readonly string[];
}

/**
 * Programs of the tests, each with the sources of all that it imports in a module or two, in a temporary folder until
 * `remove`. A process starts in half the time that way: most of it is for finding and loading a hundred modules, and
 * tests start processes by the hundred. All modules are in one folder: what a program looks for beside its own it finds
 * if that is one of the programs.
 */
export class BundledPrograms {
  /** The folder, with a `package.json` beside that of the modules. */
  readonly root: string;
  readonly #programs: readonly string[];

  private constructor(root: string, programs: readonly string[]) {
    this.root = root;
    this.#programs = programs;
  }

  static async create({ folder, programs }: ProgramsToBundle): Promise<BundledPrograms> {
    const bundled = new BundledPrograms(mkdtempSync(join(tmpdir(), 'wal-bundled-')), programs);
    try {
      writeFileSync(join(bundled.root, 'package.json'), '{ "type": "module" }');
      await bundle(join(ROOT, folder), programs, join(bundled.root, MODULES));
    } catch (error) {
      bundled.remove();
      throw error;
    }
    return bundled;
  }

  /** The script that Node runs, of one of `programs`. */
  script(program: string): string {
    if (!this.#programs.includes(program)) throw new Error(`${program} is not bundled`);
    return join(this.root, MODULES, `${basename(program)}.js`);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

const MODULES = 'modules';

async function bundle(folder: string, programs: readonly string[], target: string): Promise<void> {
  const input = Object.fromEntries(
    programs.map((program) => [basename(program), join(folder, `${program}.ts`)]),
  );
  if (Object.keys(input).length < programs.length) throw new Error('programs of one name');
  // Here, so that programs that use this package for something else do not load it.
  const { rolldown } = await import('rolldown');
  const build = await rolldown({
    input,
    platform: 'node',
    // What would be missing when it runs is an error, not a warning.
    onLog: (_level, log) => {
      throw new Error(log.message);
    },
    resolve: { conditionNames: ['@wal/source', 'node', 'import', 'default'] },
  });
  try {
    const [entryFileNames, chunkFileNames] = ['[name].js', '[name]-[hash].js'];
    await build.write({ dir: target, format: 'esm', entryFileNames, chunkFileNames });
  } finally {
    await build.close();
  }
}
