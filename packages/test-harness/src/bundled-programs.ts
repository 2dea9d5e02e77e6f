import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface ProgramsToBundle {
  /** Where the programs are, from the root of the repository: `packages/s3log/test/process`. */
  readonly folder: string;
  /** The programs, from `folder`, without their ending: `writer-process`. */
  readonly programs: readonly string[];
}

/**
 * Programs of the tests, each with the sources of all that it imports in a module or two, in a temporary folder until
 * `remove`. A process starts in half the time that way: most of it is for finding and loading a hundred modules, and
 * tests start processes by the hundred. What a program looks for beside its own module it finds if that is a program, too.
 */
export class BundledPrograms {
  readonly #folder: string;
  readonly #programs: readonly string[];

  private constructor(folder: string, programs: readonly string[]) {
    this.#folder = folder;
    this.#programs = programs;
  }

  static async create({ folder, programs }: ProgramsToBundle): Promise<BundledPrograms> {
    const bundled = mkdtempSync(join(tmpdir(), 'wal-bundled-'));
    try {
      await bundle(join(ROOT, folder), programs, bundled);
    } catch (error) {
      rmSync(bundled, { recursive: true, force: true });
      throw error;
    }
    return new BundledPrograms(bundled, programs);
  }

  /** The script that Node runs, of one of `programs`. */
  script(program: string): string {
    if (!this.#programs.includes(program)) throw new Error(`${program} is not bundled`);
    return join(this.#folder, `${program}.mjs`);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function bundle(folder: string, programs: readonly string[], target: string): Promise<void> {
  // Here, so that programs that use this package for something else do not load it.
  const { rolldown } = await import('rolldown');
  const build = await rolldown({
    input: Object.fromEntries(programs.map((name) => [name, join(folder, `${name}.ts`)])),
    platform: 'node',
    // What would be missing when it runs is an error, not a warning.
    onLog: (_level, log) => {
      throw new Error(log.message);
    },
    resolve: { conditionNames: ['@wal/source', 'node', 'import', 'default'] },
  });
  try {
    const [entryFileNames, chunkFileNames] = ['[name].mjs', '[name]-[hash].mjs'];
    await build.write({ dir: target, format: 'esm', entryFileNames, chunkFileNames });
  } finally {
    await build.close();
  }
}
