import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { documentPaths, ROOT, read, readDocument } from './documents/document.ts';
import {
  findDeadLinks,
  findLooseMarkers,
  findUnchecked,
  findUnknownNames,
} from './documents/findings.ts';
import { testedFiles } from './documents/tested-files.ts';

const tested = testedFiles();
/** READMEs of what others install. */
const ofPackages = documentPaths('packages').filter(
  (path) =>
    /^packages\/\w+\/README\.md$/.test(path) &&
    JSON.parse(read(join(dirname(path), 'package.json'))).private !== true,
);

describe.each(documentPaths())('%s', (path) => {
  const document = readDocument(path);

  test('each block is checked, and an excerpt is in its file', () => {
    expect(findUnchecked(document, tested)).toEqual([]);
    expect(findLooseMarkers(document)).toEqual([]);
  });

  test('its links lead to files and headings that are there', () => {
    expect(findDeadLinks(document)).toEqual([]);
  });

  test('the files and scripts that it names are there', () => {
    expect(findUnknownNames(document)).toEqual([]);
  });
});

test.each(['README.md', 'packages/fslog/README.md'])(
  '%s begins with the whole quick start',
  (path) => {
    const [first] = readDocument(path).blocks.filter(({ language }) => language === 'ts');
    expect(`${first?.code}\n`).toBe(read('examples/quick-start.ts'));
  },
);

test('the README is short', () => {
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(250);
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

test('the pictures of docs/ARCHITECTURE.md name files that are there', () => {
  const text = read('docs/ARCHITECTURE.md');
  const sections = [...text.matchAll(/^## (fslog|s3log): .*?(?=^## )/gms)];
  expect(sections.map(([section]) => section.split('\n')[0])).toHaveLength(5);
  const named = sections.flatMap(([section, name]) =>
    [...section.matchAll(/(core )?((?:[\w-]+\/)?[\w-]+\.ts)\b/g)].map(([, core, file]) =>
      join('packages', core === undefined ? (name as string) : 'core', 'src', file as string),
    ),
  );
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

test('docs/ARCHITECTURE.md names every folder of the packages', () => {
  const [, table = ''] =
    /^## Packages and folders\n(.*?)^## /ms.exec(read('docs/ARCHITECTURE.md')) ?? [];
  for (const name of ['core', 'memlog', 'fslog', 's3log']) {
    const row = table.split('\n').find((line) => line.startsWith(`| [\`@wal/${name}\``));
    const folders = readdirSync(join(ROOT, 'packages', name, 'src'), { withFileTypes: true });
    for (const folder of folders) {
      if (folder.isDirectory()) expect(row).toMatch(new RegExp(`\\b${folder.name}\``));
    }
  }
});

test('the backend that the guide builds is complete in under 100 lines', () => {
  const text = read('examples/custom-backend/line-log.ts');
  expect(text.trimEnd().split('\n').length).toBeLessThan(100);
  const imported = [...text.matchAll(/ from '(.+)'/g)].map(([, name]) => name);
  expect(imported).toEqual(['node:path', '@wal/core']);
});
