import { expect, test } from 'vitest';
import { parseDocument } from './documents/document.ts';
import {
  findDeadLinks,
  findLooseMarkers,
  findUnchecked,
  findUnknownNames,
} from './documents/findings.ts';
import { isAsShown } from './documents/printed.ts';

const QUICK_START = 'examples/quick-start.ts';
const tested = new Set([QUICK_START]);
const fenced = (language: string, code: string): string => `\`\`\`${language}\n${code}\n\`\`\`\n`;
const uncheckedIn = (text: string): string[] =>
  findUnchecked(parseDocument('docs/planted.md', text), tested);

test.each([
  ['a program', fenced('ts', 'export {};')],
  ['commands', fenced('sh', 'ls')],
  ['a picture', '    a ──▶ b\n'],
  ['an excerpt', `<!-- from ${QUICK_START} -->\n\n${fenced('ts', 'await log.close();')}`],
  ['with another comment', `<!-- a -->\n<!-- types only: why -->\n\n${fenced('ts', 'export {};')}`],
  ['an output', `${fenced('sh', 'ls')}\n<!-- prints -->\n\n${fenced('text', 'a')}`],
])('a block is checked: %s', (_, text) => {
  expect(uncheckedIn(text)).toEqual([]);
});

test.each([
  ['a language that nobody knows', fenced('rust', 'fn main() {}')],
  ['text, which may be what something prints', fenced('text', '1 2')],
  ['data', fenced('json', '{}')],
  ['commands without a fence', '    npm install\n'],
  ['commands without a language', fenced('', 'wal cat orders')],
  ['commands behind a variable', '    AWS_REGION=x wal cat s3://a/b\n'],
  ['in a list', `- one\n\n  ${fenced('rust', 'x').replaceAll('\n', '\n  ')}`],
  ['in a quotation', `> ${fenced('rust', 'x').replaceAll('\n', '\n> ')}`],
  ['types without a reason', `<!-- types only: -->\n\n${fenced('ts', 'export {};')}`],
  ['a shape without a reason', `<!-- shape: -->\n\n${fenced('ts', 'x')}`],
  ['a program that is not run', `<!-- not run: why -->\n\n${fenced('ts', 'export {};')}`],
  ['a comment before other text', `<!-- shape: why -->\n\nText.\n\n${fenced('rust', 'x')}`],
  ['an output of nothing', `<!-- prints -->\n\n${fenced('text', 'a')}`],
  ['a file that is not there', `<!-- from examples/no.ts -->\n\n${fenced('ts', 'x')}`],
  ['a test that is not there', `<!-- tested by examples/no.ts -->\n\n${fenced('json', '{}')}`],
  ['a file that no test runs', `<!-- from examples/codec.ts -->\n\n${fenced('ts', 'x')}`],
  ['not in its file', `<!-- from ${QUICK_START} -->\n\n${fenced('ts', 'await log.open();')}`],
])('a block is found that nobody checks: %s', (_, text) => {
  expect(uncheckedIn(text)).toHaveLength(1);
});

test.each([
  ['before text', `<!-- types only: why -->\n\nText.\n\n${fenced('ts', 'export {};')}`],
  ['before nothing', `${fenced('sh', 'ls')}\n<!-- setup ls -->\n`],
  ['two for one block', `<!-- shape: a -->\n<!-- shape: b -->\n\n${fenced('ts', 'x')}`],
  ['a setup for what is not run', `<!-- setup ls -->\n<!-- shape: a -->\n\n${fenced('sh', 'x')}`],
])('a comment is found that no block uses: %s', (_, text) => {
  expect(findLooseMarkers(parseDocument('docs/planted.md', text))).toHaveLength(1);
});

test('a setup belongs to the next block, wherever that is', () => {
  const text = `<!-- setup ls -->\n\nText.\n\n${fenced('sh', 'ls')}`;
  expect(findLooseMarkers(parseDocument('docs/planted.md', text))).toEqual([]);
});

test('a block is found by its line', () => {
  expect(uncheckedIn(`# Title\n\nText.\n\n${fenced('rust', 'x')}`)).toEqual([
    'docs/planted.md:5 nobody checks this block: rust',
  ]);
});

test.each([
  ['[a](https://example.org/none)', 0],
  ['[a](FORMAT.md)', 0],
  ['[a](FORMAT.md#the-objects-of-an-s3log)', 0],
  ['# It is `here`\n\n[a](#it-is-here)', 0],
  ['[a](NOTHING.md)', 1],
  ['[a](FORMAT.md#nothing)', 1],
  ['[a](#nothing)', 1],
  ['[a][b]\n\n[b]: NOTHING.md', 1],
  ['![a](nothing.svg)', 1],
])('links: %s', (text, dead) => {
  expect(findDeadLinks(parseDocument('docs/planted.md', text))).toHaveLength(dead);
});

test.each([
  ['`packages/core/src/log.ts`, `npm run lint`, `packages/core`', 0],
  ['`packages/core/src/nothing.ts`', 1],
  ['`npm run nothing`', 1],
])('names: %s', (text, unknown) => {
  expect(findUnknownNames(parseDocument('docs/planted.md', text))).toHaveLength(unknown);
});

test.each([
  ['a 1.5\nb', 'a 1.5\nb', true],
  ['a 175\nb', 'a 1.5\nb', false],
  ['a 12 ms\nb', 'a … ms\nb', true],
  ['a 12\nms\nb', 'a … ms\nb', false],
  ['a\nb\nc\nd', 'a\n…\nd', true],
  ['a\nb', 'a', false],
  ['', 'a', false],
])('%j, shown as %j', (printed, shown, expected) => {
  expect(isAsShown(printed, shown)).toBe(expected);
});
