import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const folder = new URL('../', import.meta.url);
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
  (path) => path.endsWith('.ts') && !/^(test|dist|node_modules)\b/.test(path),
);
const read = (path: string) => readFileSync(new URL(path, folder), 'utf8');

test('the overview names every folder of examples, and every program beside them', () => {
  const named = [...read('README.md').matchAll(/\]\((\w[^):]*)\)/g)].map(
    ([, path]) => path as string,
  );
  const things = new Set(sources.map((path) => path.split('/')[0] as string));
  // What an example is made of has a folder, and is named by what is to be read first.
  things.delete('replay');
  for (const thing of things) {
    expect(
      named.some((path) => path === thing || path.startsWith(`${thing}/`)),
      thing,
    ).toBe(true);
  }
});

test('a program that says how it is run says it of itself', () => {
  const programs = sources.filter((path) => /^\/\/ npm run build/m.test(read(path)));
  expect(programs.length).toBeGreaterThan(8);
  for (const path of programs) {
    const script = `examples/dist/${path.replace(/ts$/, 'js')}`;
    expect(read(path)).toMatch(new RegExp(`^// npm run build && node (--test )?${script}`, 'm'));
  }
});

test('each is short', () => {
  for (const path of sources) {
    expect(read(path).trimEnd().split('\n').length, path).toBeLessThanOrEqual(150);
  }
});
