import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

/*
 * Tests with processes of their own run the sources, as all tests do. Node 20 cannot, so they are compiled
 * once a test file, into a temporary directory: what `dist` holds may be old, or be written by somebody
 * else at that moment. Types are left to the type check, which makes it a matter of half a second.
 */
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const PACKAGES = ['core', 'fslog'] as const;
/** Every module of the tests that is run as a process, or as a worker thread. */
const ENTRIES = [
  'support/command-process',
  'support/workload-process',
  'support/log-worker',
  'kernel/victim-process',
  'power-cut/exploration-process',
  'power-cut/writer-process',
] as const;

let compiled: string | undefined;

/** Has to be called at the top of each test file that starts processes. */
export function compileForProcesses(): void {
  afterAll(() => {
    if (compiled !== undefined) rmSync(compiled, { recursive: true, force: true });
    compiled = undefined;
  });
}

/** The script that Node can run as a process. */
export function compiledScript(entry: (typeof ENTRIES)[number]): string {
  compiled ??= compile(mkdtempSync(join(tmpdir(), 'fslog-compiled-')));
  return join(compiled, 'packages/fslog/test', `${entry}.js`);
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
    // All of them: what is only reached by way of node_modules may pass for foreign, and not be compiled.
    include: PACKAGES.map((name) => join(ROOT, 'packages', name, 'src')),
    files: ENTRIES.map((entry) => join(ROOT, 'packages/fslog/test', `${entry}.ts`)),
    references: [],
  };
  const path = join(directory, 'tsconfig.json');
  writeFileSync(path, JSON.stringify(config));
  execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', path]);
  for (const name of PACKAGES) linkPackage(directory, name);
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
  const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> };
  for (const dependency of Object.keys(dependencies)) {
    // Not those beside it: a link to all of them would lead to what `dist` of the packages holds.
    if (dependency.startsWith('@wal/')) continue;
    symlinkSync(join(ROOT, 'node_modules', dependency), join(modules, dependency));
  }
}
