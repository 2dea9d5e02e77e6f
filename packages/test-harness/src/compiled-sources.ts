import { execFileSync } from 'node:child_process';
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
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface SourcesToCompile {
  /** Packages that the programs import, by their folders: `fslog`. Those of ours that they depend on come with them. */
  readonly packages: readonly string[];
  /** Where the programs are, from the root of the repository: `packages/fslog/test`. */
  readonly folder: string;
  /** The programs, from `folder`, without their ending: `support/log-worker`. What they import comes with them. */
  readonly programs: readonly string[];
}

/**
 * Programs and packages of this repository as JavaScript, in a temporary folder until `remove`. Node 20 runs no
 * TypeScript, and what `dist` holds may be old, or be written by somebody else at this moment. Types are left to the
 * type check.
 */
export class CompiledSources {
  /** The folder, which mirrors that of the repository. */
  readonly root: string;
  readonly #sources: SourcesToCompile;

  /** Compiles them before it returns, which takes a second or two. */
  constructor(sources: SourcesToCompile) {
    this.#sources = sources;
    this.root = mkdtempSync(join(tmpdir(), 'wal-compiled-'));
    try {
      this.#compile();
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** The script that Node runs, of one of `programs`. */
  script(program: string): string {
    const { folder, programs } = this.#sources;
    if (!programs.includes(program)) throw new Error(`${program} is not compiled`);
    return join(this.root, folder, `${program}.js`);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  #compile(): void {
    const { folder, programs } = this.#sources;
    const packages = withDependencies(this.#sources.packages);
    const config = {
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: {
        rootDir: ROOT,
        outDir: this.root,
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
      // All of them: what is only reached by way of node_modules may pass for foreign, and not be compiled.
      include: packages.map((name) => join(ROOT, 'packages', name, 'src')),
      files: programs.map((program) => join(ROOT, folder, `${program}.ts`)),
      references: [],
    };
    const path = join(this.root, 'tsconfig.json');
    writeFileSync(path, JSON.stringify(config));
    writeFileSync(join(this.root, 'package.json'), '{ "type": "module" }');
    execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', path]);
    this.#linkInstalled();
    for (const name of packages) this.#linkPackage(name);
  }

  /** All that is installed but our own packages, whose links lead to what `dist` holds. */
  #linkInstalled(): void {
    const installed = join(ROOT, 'node_modules');
    mkdirSync(join(this.root, 'node_modules/@wal'), { recursive: true });
    for (const name of readdirSync(installed)) {
      if (name.startsWith('.') || name === '@wal') continue;
      symlinkSync(join(installed, name), join(this.root, 'node_modules', name));
    }
  }

  /** Lets a package, compiled like the rest, be found under its name. */
  #linkPackage(name: string): void {
    const target = join(this.root, 'packages', name);
    const manifest = readManifest(name).replaceAll('./dist/', './src/');
    writeFileSync(join(target, 'package.json'), manifest);
    symlinkSync(target, join(this.root, 'node_modules/@wal', name));
  }
}

/** These packages, and those of ours that they depend on, directly or not. */
function withDependencies(packages: readonly string[]): readonly string[] {
  const all = new Set(packages);
  for (const name of all) {
    const { dependencies = {} } = JSON.parse(readManifest(name)) as {
      dependencies?: Record<string, string>;
    };
    for (const dependency of Object.keys(dependencies)) {
      if (dependency.startsWith('@wal/')) all.add(dependency.slice('@wal/'.length));
    }
  }
  return [...all];
}

function readManifest(name: string): string {
  return readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8');
}
