import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

/*
 * What runs as a process of its own is compiled, once a test file, into a temporary folder: Node 20 runs no
 * TypeScript, and what `dist` holds may be old. Types are left to the type check.
 */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PACKAGES = ['conformance', 'core', 'fslog', 'memlog'];
const tsc = join(createRequire(import.meta.url).resolve('typescript/package.json'), '../bin/tsc');

/** Compiles an example, or a process of the tests, and gives its script. Call it at the top of a test file, not in a test. */
export function compiledExample(path: string): string {
  return compiledExamples([path])[0] as string;
}

/** As `compiledExample`, of several at once. */
export function compiledExamples(paths: readonly string[]): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'wal-examples-compiled-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const compilerOptions = {
    rootDir: ROOT,
    outDir: folder,
    noCheck: true,
    composite: false,
    incremental: false,
    declaration: false,
    declarationMap: false,
    isolatedDeclarations: false,
    sourceMap: false,
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules/@types')],
  };
  const config = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions,
    include: PACKAGES.map((name) => join(ROOT, 'packages', name, 'src')),
    files: paths.map((path) => join(ROOT, 'examples', path)),
    references: [],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  execFileSync(process.execPath, [tsc, '-p', folder]);
  linkPackages(folder);
  return paths.map((path) => join(folder, 'examples', path.replace(/ts$/, 'js')));
}

/** Lets the compiled code find our packages, compiled like itself, and the others where they are installed. */
function linkPackages(folder: string): void {
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '@wal'), { recursive: true });
  const others = new Set(['better-sqlite3']);
  for (const name of PACKAGES) {
    const target = join(folder, 'packages', name);
    const text = readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8');
    writeFileSync(join(target, 'package.json'), text.replaceAll('./dist/', './src/'));
    symlinkSync(target, join(modules, '@wal', name));
    for (const other of Object.keys(JSON.parse(text).dependencies ?? {})) others.add(other);
  }
  for (const name of others) {
    if (name.startsWith('@wal/')) continue;
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
}
