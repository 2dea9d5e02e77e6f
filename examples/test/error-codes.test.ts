import { expect, test } from 'vitest';
import { read } from './documents/document.ts';

const ROW = /^\| `(ERR_LOG_\w+)` +\|([^|]+)\|([^|]+)\|$/gm;
const codes = [...read('packages/core/src/errors.ts').matchAll(/^ {2}\| '(ERR_LOG_\w+)'/gm)].map(
  ([, code]) => code as string,
);
const rows = [...read('docs/guides/errors.md').matchAll(ROW)];

test('the guide has a row for each code of a LogError, and for no other', () => {
  expect(codes.length).toBeGreaterThan(10);
  expect(rows.map(([, code]) => code).toSorted()).toEqual(codes.toSorted());
});

test.each(rows.map(([, code = '', what = '', next = '']) => ({ code, what, next })))(
  '$code: what happened, with the fields that it carries, and what to do next',
  ({ code, what, next }) => {
    expect(what.trim().length).toBeGreaterThan(20);
    expect(next.trim().length).toBeGreaterThan(10);
    const [, doc = ''] =
      new RegExp(`/\\*\\* (.*) \\*/\\n {2}\\| '${code}'`).exec(
        read('packages/core/src/errors.ts'),
      ) ?? [];
    const fields = ['expectedId', 'limit', 'holder', 'epoch', 'segment', 'byteOffset', 'cause'];
    for (const field of fields)
      if (doc.includes(`\`${field}\``)) expect(what + next).toContain(field);
  },
);

test.each([
  ['packages/fslog/README.md', ['ERR_LOG_UNSUPPORTED_STORE']],
  ['docs/S3.md', ['ERR_LOG_LOCKED', 'ERR_LOG_NO_SPACE']],
])('%s has what its backend gives, all but %j', (path, never) => {
  const [, section = ''] = /^## Errors\n(.*?)^## /ms.exec(read(path)) ?? [];
  const named = new Set(section.match(/ERR_LOG_\w+/g));
  expect(codes.filter((code) => !named.has(code))).toEqual(never);
});
