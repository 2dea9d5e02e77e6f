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

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const PACKAGES = ['core', 's3log'];
const FOLDER = 'packages/s3log/test/process';

/** The sources and a program of this folder as JavaScript, in a temporary folder: Node 20 does not run TypeScript. */
export class CompiledProgram {
  readonly #folder: string;
  readonly #program: string;

  constructor(name: string) {
    this.#program = `${FOLDER}/${name}`;
    this.#folder = mkdtempSync(join(tmpdir(), 's3log-compiled-'));
    this.#compile();
    for (const name of PACKAGES) this.#link(name);
    this.#linkDependencies();
  }

  get script(): string {
    return join(this.#folder, `${this.#program}.js`);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Without checking types: that is done elsewhere. */
  #compile(): void {
    const config = {
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: {
        rootDir: ROOT,
        outDir: this.#folder,
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
      include: PACKAGES.map((name) => join(ROOT, 'packages', name, 'src')),
      files: [join(ROOT, `${this.#program}.ts`)],
      references: [],
    };
    const path = join(this.#folder, 'tsconfig.json');
    writeFileSync(path, JSON.stringify(config));
    execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', path]);
  }

  /** Lets the package be found under its name. */
  #link(name: string): void {
    const target = join(this.#folder, 'packages', name);
    const manifest = readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8');
    writeFileSync(join(target, 'package.json'), manifest.replaceAll('./dist/', './src/'));
    const scope = join(this.#folder, 'node_modules/@wal');
    mkdirSync(scope, { recursive: true });
    symlinkSync(target, join(scope, name));
  }

  /** All but our own packages, which would lead to what `dist` holds. */
  #linkDependencies(): void {
    const installed = join(ROOT, 'node_modules');
    for (const name of readdirSync(installed)) {
      if (name.startsWith('.') || name === '@wal') continue;
      symlinkSync(join(installed, name), join(this.#folder, 'node_modules', name));
    }
  }
}
