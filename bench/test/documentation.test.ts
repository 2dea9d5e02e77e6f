import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SECTIONS } from '../src/document/sections.ts';
import { updateSections } from '../src/document/update-sections.ts';
import { RUNS } from '../src/measurements/all.ts';
import { publishedPath, readPublished } from '../src/result/published.ts';

const DOCUMENT = new URL('../../docs/BENCHMARKS.md', import.meta.url);
const text = readFileSync(DOCUMENT, 'utf8');
const published = readPublished();

test('docs/BENCHMARKS.md shows the published result, as it would be written from it', () => {
  expect(updateSections(text, published)).toBe(text);
});

test('docs/BENCHMARKS.md has every section', () => {
  for (const name of Object.keys(SECTIONS)) expect(text).toContain(`<!-- bench: ${name} -->`);
});

test.each(['usual', 's3'] as const)(
  'what is published of %s is a whole run, and names neither the machine nor who uses it',
  (run) => {
    const json = readFileSync(publishedPath(run), 'utf8');
    const { quick, leftOut, failed, figures } = published[run];
    expect({ quick, leftOut, failed }).toEqual({ quick: false, leftOut: [], failed: [] });
    const measured = new Set(figures.map(({ measurement }) => measurement));
    expect([...measured]).toEqual(RUNS[run].map(({ name }) => name));
    expect(json).not.toMatch(/hostname|username|\/home\/|\/root|\/tmp/i);
  },
);

test('an empty section is filled, and those around it stay', () => {
  const section = (name: string) => `<!-- bench: ${name} -->\n<!-- /bench -->\n`;
  const filled = updateSections(`${section('bars')}between\n${section('get')}`, published);
  expect(filled).toMatch(
    /^<!-- bench: bars -->\n\n\|.*?\n\n<!-- \/bench -->\nbetween\n<!-- bench: get -->\n\n\|/s,
  );
  expect(updateSections(filled, published)).toBe(filled);
});

test('a marker of no section is an error', () => {
  const unknown = '<!-- bench: nothing -->\n\n<!-- /bench -->';
  expect(() => updateSections(unknown, published)).toThrow('no section nothing');
});
