import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
  ...readdirSync(join(root, 'packages')).map((name) => join('packages', name, 'README.md')),
];
/** Of what others install. */
const ofPackages = documents.filter(
  (path) =>
    path.startsWith('packages') &&
    JSON.parse(read(join(dirname(path), 'package.json'))).private !== true,
);
/** A block of code, and the comment before it that names the file it is taken from. */
const CODE = /(?:<!-- from (\S+) -->\s*)?^```ts\n(.*?)^```$/gms;
const LINK = /\]\(([^)#\s]+)(#[^)]*)?\)/g;

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Lines without their indentation: a block may be taken out of the middle of something. */
function outdent(text: string): string {
  return text.replaceAll(/^[ \t]+/gm, '').trim();
}

describe.each(documents)('%s', (path) => {
  const text = read(path);

  test('its code is in the file it is taken from, which is compiled and run', () => {
    for (const [, source, code] of text.matchAll(CODE)) {
      expect(source, `a block that names no file:\n${code}`).toBeDefined();
      expect(outdent(read(source as string))).toContain(outdent(code as string));
    }
  });

  test('its links lead somewhere', () => {
    for (const [, target] of text.matchAll(LINK)) {
      if (/^[a-z]+:/.test(target as string)) continue;
      expect(existsSync(join(root, dirname(path), target as string)), target).toBe(true);
    }
  });
});

test('the README is short, and begins with the whole quick start', () => {
  const text = read('README.md');
  expect(text.split('\n').length).toBeLessThanOrEqual(250);
  const [first] = text.matchAll(CODE);
  expect(first?.[2]).toBe(read('examples/quick-start.ts'));
});

test('the package of fslog shows the whole quick start', () => {
  const [first] = read('packages/fslog/README.md').matchAll(CODE);
  expect(first?.[2]).toBe(read('examples/quick-start.ts'));
});

// `npm run test:packages` installs these tarballs, and no others.
test.each(['README.md', ...ofPackages])(
  '%s packs and installs the same packages, in their versions',
  (path) => {
    const text = read(path);
    const packed = [...text.matchAll(/ -w @wal\/(\w+)/g)].map(([, name]) => name as string);
    const tarballs = packed.map((name) => {
      const { version } = JSON.parse(read(`packages/${name}/package.json`));
      return `./wal-${name}-${version}.tgz`;
    });
    expect(packed).toContain('core');
    expect(text).toContain(`npm install ${tarballs.join(' ')}\n`);
  },
);

test('the backend that the guide builds is complete in under 100 lines', () => {
  const text = read('examples/custom-backend/line-log.ts');
  expect(text.trimEnd().split('\n').length).toBeLessThan(100);
  const imported = [...text.matchAll(/ from '(.+)'/g)].map(([, name]) => name);
  expect(imported).toEqual(['node:path', '@wal/core']);
});
