import { existsSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { ROOT, read } from './document.ts';

/** Where files are that the type check compiles: each folder has a tsconfig.json that includes all of it. */
const COMPILED = /^(?:examples|bench|packages\/[\w-]+)\/.*\.ts$/;
const FOLDERS = [
  'examples/test',
  'bench/test',
  ...subfolders('packages').map((one) => `${one}/test`),
];
/** A string that may name a module or a script. */
const NAMED = /['"`]([\w@./-]+\.(?:ts|js))['"`]/g;

function subfolders(folder: string): string[] {
  return readdirSync(join(ROOT, folder)).map((name) => posix.join(folder, name));
}

function testFiles(): string[] {
  return FOLDERS.filter((folder) => existsSync(join(ROOT, folder))).flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => posix.join(folder, name)),
  );
}

/** The examples that the check of the packages runs against their tarballs. */
function usedByPackages(): string[] {
  const folder = 'scripts/test-packages';
  const scripts = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => read(posix.join(folder, name)));
  const named = new Set([...scripts.join('\n').matchAll(NAMED)].map(([, name]) => name));
  return readdirSync(join(ROOT, 'examples'), { recursive: true, encoding: 'utf8' })
    .filter((path) => named.has(posix.basename(path)))
    .map((path) => posix.join('examples', path));
}

/** What the run of all checks starts, built. */
function startedByChecks(): string[] {
  return [...read('.ci/run').matchAll(/\bexamples\/dist\/([\w/-]+)\.js\b/g)].map(
    ([, path]) => `examples/${path}.ts`,
  );
}

/** The files that some test imports, by way of others too, or runs as a script. */
export function testedFiles(): ReadonlySet<string> {
  const found = new Set<string>([...testFiles(), ...usedByPackages(), ...startedByChecks()]);
  for (const path of found) {
    for (const [, name = ''] of read(path).matchAll(NAMED)) {
      for (const candidate of candidates(path, name)) {
        if (COMPILED.test(candidate) && existsSync(join(ROOT, candidate))) found.add(candidate);
      }
    }
  }
  return found;
}

/** A script is named by what it is compiled to, from the file, from its example's folder, or from the root. */
function candidates(from: string, name: string): string[] {
  const source = name.replace(/\.js$/, '.ts').replace(/(^|\/)dist\//, '$1');
  return [posix.join(posix.dirname(from), source), posix.join('examples', source), source];
}
