import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

/*
 * A victim runs the sources, as all tests do. Node 20 cannot, so they are compiled once a test file, into a
 * temporary directory.
 */
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const ENTRY = 'packages/fslog/test/kernel/victim-process';

let compiled: string | undefined;

/** Has to be called at the top of each test file that has victims. */
export function compileVictims(): void {
  afterAll(() => {
    if (compiled !== undefined) rmSync(compiled, { recursive: true, force: true });
    compiled = undefined;
  });
}

/** The script of a victim. */
export function victimScript(): string {
  compiled ??= compile(mkdtempSync(join(tmpdir(), 'fslog-victim-')));
  return join(compiled, `${ENTRY}.js`);
}

function compile(directory: string): string {
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
    // All of them: what the compiler only meets by way of a package's name it may take for somebody else's.
    include: ['core', 'fslog'].map((name) => join(ROOT, 'packages', name, 'src/**/*.ts')),
    files: [join(ROOT, `${ENTRY}.ts`)],
    references: [],
  };
  const path = join(directory, 'tsconfig.json');
  writeFileSync(path, JSON.stringify(config));
  execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', path]);
  for (const name of ['core', 'fslog']) linkPackage(directory, name);
  return directory;
}

/** Lets the compiled code find a package, compiled like itself, under its name, and what that depends on. */
function linkPackage(directory: string, name: string): void {
  const target = join(directory, 'packages', name);
  const text = readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8');
  writeFileSync(join(target, 'package.json'), text.replaceAll('./dist/', './src/'));
  const modules = join(directory, 'node_modules');
  mkdirSync(join(modules, '@wal'), { recursive: true });
  symlinkSync(target, join(modules, '@wal', name));
  const { dependencies } = JSON.parse(text) as { dependencies: Record<string, string> };
  for (const dependency of Object.keys(dependencies)) {
    if (dependency.startsWith('@wal/')) continue;
    symlinkSync(join(ROOT, 'node_modules', dependency), join(modules, dependency));
  }
}
