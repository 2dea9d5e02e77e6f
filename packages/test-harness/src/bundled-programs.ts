import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'rolldown';
import { type Replacement, withReplaced } from './replacement.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface ProgramsToBundle {
  /** Where the programs are, from the root of the repository: `packages/s3log/test/process`. */
  readonly folder: string;
  /** The programs, from `folder`, without their ending: `writer-process`. No two may have the same last name. */
  readonly programs: readonly string[];
  /** What is changed in the sources of a package: `s3log`. Default: nothing. */
  readonly changed?: { readonly name: string; readonly replacements: readonly Replacement[] };
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

  static async create(toBundle: ProgramsToBundle): Promise<BundledPrograms> {
    const { programs } = toBundle;
    const bundled = new BundledPrograms(mkdtempSync(join(tmpdir(), 'wal-bundled-')), programs);
    try {
      writeFileSync(join(bundled.root, 'package.json'), '{ "type": "module" }');
      await bundle(toBundle, join(bundled.root, MODULES));
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

async function bundle(toBundle: ProgramsToBundle, target: string): Promise<void> {
  const { folder, programs, changed } = toBundle;
  const input = Object.fromEntries(
    programs.map((program) => [basename(program), join(ROOT, folder, `${program}.ts`)]),
  );
  if (Object.keys(input).length < programs.length) throw new Error('programs of one name');
  // Here, so that programs that use this package for something else do not load it.
  const { rolldown } = await import('rolldown');
  const build = await rolldown({
    input,
    platform: 'node',
    plugins: changed === undefined ? [] : [replacing(changed)],
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

/** Replaces passages of a package's sources as they are loaded; each must be in one that is. */
function replacing({ name, replacements }: NonNullable<ProgramsToBundle['changed']>): Plugin {
  const source = join(ROOT, 'packages', name, 'src');
  const left = new Set(replacements);
  return {
    name: 'replacing',
    transform: (code, path) => {
      const here = [...left].filter(({ file }) => path === join(source, file));
      for (const replacement of here) left.delete(replacement);
      return here.reduce(withReplaced, code);
    },
    buildEnd: () => {
      for (const { file } of left) throw new Error(`${file} is not loaded`);
    },
  };
}
