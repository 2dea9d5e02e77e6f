import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { SECTIONS } from '../src/document/sections.ts';
import { updateSections } from '../src/document/update-sections.ts';
import { readResult } from '../src/result/result.ts';

const DOCUMENT = new URL('../../docs/BENCHMARKS.md', import.meta.url);
const PUBLISHED = new URL('../results/published.json', import.meta.url);
const text = readFileSync(DOCUMENT, 'utf8');

test('docs/BENCHMARKS.md shows the published result, as it would be written from it', () => {
  expect(updateSections(text, readResult(fileURLToPath(PUBLISHED)))).toBe(text);
});

test('docs/BENCHMARKS.md has every section', () => {
  for (const name of Object.keys(SECTIONS)) expect(text).toContain(`<!-- bench: ${name} -->`);
});

test('the published result is of a whole run, and names neither the machine nor who uses it', () => {
  const json = readFileSync(PUBLISHED, 'utf8');
  const { quick, leftOut, failed } = readResult(fileURLToPath(PUBLISHED));
  expect({ quick, leftOut, failed }).toEqual({ quick: false, leftOut: [], failed: [] });
  expect(json).not.toMatch(/hostname|username|\/home\/|\/root|\/tmp/i);
});

test('a marker of no section is an error', () => {
  const unknown = '<!-- bench: nothing -->\n\n<!-- /bench -->';
  const result = readResult(fileURLToPath(PUBLISHED));
  expect(() => updateSections(unknown, result)).toThrow('no section nothing');
});
