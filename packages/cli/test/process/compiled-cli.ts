import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';

/*
 * The program as it is built, from the sources as they are now: compiled once a test file, into a temporary folder. What
 * `dist` holds may be old. Types are left to the type check.
 */
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const { references } = JSON.parse(
  readFileSync(join(ROOT, 'packages/cli/tsconfig.json'), 'utf8'),
) as { references: readonly { path: string }[] };
const PACKAGES = ['cli', ...references.map(({ path }) => path.replace('../', ''))];

let folder: string | undefined;

/** Has to be called at the top of each test file that runs `wal`. */
export function compileCli(): void {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'wal-cli-compiled-'));
    compile(folder);
  });
  afterAll(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });
}

/** The script that Node runs. */
export function compiledCli(): string {
  if (folder === undefined) throw new Error('compileCli() was not called');
  return join(folder, 'packages/cli/src/main.js');
}

/** The folder in which a shell finds `wal`. */
export function compiledBin(): string {
  return join(compiledCli(), '../../../../bin');
}

function compile(outDir: string): void {
  const config = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: {
      rootDir: ROOT,
      outDir,
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
    files: [],
    references: [],
  };
  const path = join(outDir, 'tsconfig.json');
  writeFileSync(path, JSON.stringify(config));
  execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', path]);
  for (const name of PACKAGES) linkPackage(outDir, name);
  // As npm puts it on the path.
  mkdirSync(join(outDir, 'bin'));
  const script = `#!/bin/sh\nexec '${process.execPath}' '${compiledCli()}' "$@"\n`;
  writeFileSync(join(outDir, 'bin/wal'), script, { mode: 0o755 });
}

/** Lets the compiled code find a package, compiled like itself, under its name, and what that depends on. */
function linkPackage(outDir: string, name: string): void {
  const target = join(outDir, 'packages', name);
  const text = readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8');
  writeFileSync(join(target, 'package.json'), text.replaceAll('./dist/', './src/'));
  const modules = join(outDir, 'node_modules');
  for (const scope of ['@wal', '@aws-sdk']) mkdirSync(join(modules, scope), { recursive: true });
  symlinkSync(target, join(modules, '@wal', name));
  const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> };
  for (const dependency of Object.keys(dependencies)) {
    if (dependency.startsWith('@wal/')) continue;
    symlinkSync(join(ROOT, 'node_modules', dependency), join(modules, dependency));
  }
}
