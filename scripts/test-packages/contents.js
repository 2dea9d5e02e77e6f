import { deepEqual } from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

/** The package is its sources, what each compiles to, and nothing else: no test, and nothing stale. */
export function checkContents({ folder, paths }) {
  const sources = readdirSync(join(folder, 'src'), { recursive: true })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts'));
  const compiled = sources
    .filter((path) => !path.endsWith('.d.ts'))
    .map((path) => path.slice(0, -'.ts'.length))
    .flatMap((path) => ['.js', '.js.map', '.d.ts', '.d.ts.map'].map((end) => `dist/${path}${end}`));
  const expected = ['LICENSE', 'README.md', 'package.json', ...compiled];
  deepEqual(paths.toSorted(), [...expected, ...sources.map((path) => `src/${path}`)].sort());
}

/** For `node10` and a `require` that knows no modules there is nothing: the packages need Node 20.19. */
const NOT_OURS = ['node10', 'node16-cjs'];

export async function checkTypes({ folder, tarball }) {
  const bytes = readFileSync(tarball);
  const wrong = hasEntries(folder) ? await wrongTypes(bytes) : [];
  const tarballBytes = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const { messages, pkg } = await publint({ strict: true, pack: { tarball: tarballBytes } });
  const lines = [
    ...wrong,
    ...messages.map((message) => formatMessage(message, pkg, { color: false })),
  ];
  if (lines.length > 0) throw new Error(lines.join('\n'));
}

/** A program has nothing to import. */
function hasEntries(folder) {
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return Object.values(exports).some((target) => target.types !== undefined);
}

async function wrongTypes(bytes) {
  const { types, problems } = await checkPackage(createPackageFromTarballData(bytes));
  if (types === false) return ['it has no types'];
  return problems
    .filter(({ resolutionKind }) => !NOT_OURS.includes(resolutionKind))
    .map((problem) => JSON.stringify(problem));
}
