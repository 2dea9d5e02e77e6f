import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { SECTIONS } from '../src/document/sections.ts';
import { updateSections } from '../src/document/update-sections.ts';
import { readResult } from '../src/result/result.ts';

const DOCUMENT = new URL('../../docs/BENCHMARKS.md', import.meta.url);
const PUBLISHED = new URL('../results/published.json', import.meta.url);
const text = readFileSync(DOCUMENT, 'utf8');
const published = readResult(fileURLToPath(PUBLISHED));

test('docs/BENCHMARKS.md shows the published result, as it would be written from it', () => {
  expect(updateSections(text, published)).toBe(text);
});

test('docs/BENCHMARKS.md has every section', () => {
  for (const name of Object.keys(SECTIONS)) expect(text).toContain(`<!-- bench: ${name} -->`);
});

test('the published result is of a whole run, and names neither the machine nor who uses it', () => {
  const json = readFileSync(PUBLISHED, 'utf8');
  const { quick, leftOut, failed } = published;
  expect({ quick, leftOut, failed }).toEqual({ quick: false, leftOut: [], failed: [] });
  expect(json).not.toMatch(/hostname|username|\/home\/|\/root|\/tmp/i);
});

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
