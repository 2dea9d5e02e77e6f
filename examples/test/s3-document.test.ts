import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createMemoryStore, openS3Log } from '@wal/s3log';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const document = read('docs/S3.md');
const readme = read('packages/s3log/README.md');

const sources = readdirSync(join(root, 'packages/s3log/src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => read(join('packages/s3log/src', path)));

/** What a log in a bucket has no use for. */
const NEVER = ['ERR_LOG_LOCKED', 'ERR_LOG_NO_SPACE'];

test('docs/S3.md has a row for each code that a log in a bucket gives', () => {
  const codes = [...read('packages/core/src/errors.ts').matchAll(/^ {2}\| '(ERR_LOG_\w+)'/gm)];
  const rows = [...document.matchAll(/^\| `(ERR_LOG_\w+)` +\|/gm)].map(([, code]) => code);
  const possible = codes.map(([, code]) => code as string).filter((code) => !NEVER.includes(code));
  expect(rows.toSorted()).toEqual(possible.toSorted());
  for (const code of NEVER) expect(sources.filter((text) => text.includes(code))).toEqual([]);
});

test('the picture of the keys is that of a log which lived as it says', async () => {
  const store = createMemoryStore();
  const open = () => openS3Log({ store, prefix: 'orders', chunkBytes: 1, compactionGraceMs: 0 });
  const first = await open();
  for (let id = 1; id <= 7; id++) await first.append(Buffer.from(`record ${id}`));
  await first.compact();
  await first.append(Buffer.from('record 8'));
  await first.trim(1);
  await first.close();
  await (await open()).close();
  const third = await open();
  await third.append([Buffer.from('record 9'), Buffer.from('record 10')]);
  await third.append(Buffer.from('record 11'));
  await third.close();
  const keys = (await store.list('')).map(({ key }) => key);
  const roots = keys.filter((key) => key.startsWith('orders/root/'));
  // Of root versions the picture shows two; a folder has a line of its own.
  const shown = [...roots.slice(0, 2), ...keys.filter((key) => key.includes('/s/'))];
  const lines = new Set<string>();
  for (const key of [...shown, ...keys.filter((one) => one.includes('/d/'))]) {
    const [, , folder = '', name] = key.split('/');
    lines.add(name === undefined ? shortened(folder) : `${shortened(folder)}/`);
    if (name !== undefined) lines.add(`${shortened(folder)}/${shortened(name)}`);
  }
  const [picture = ''] = /^ {4}my-bucket\n(?: {4}.*\n)+/m.exec(document) ?? [];
  let folder = '';
  const drawn = [...picture.matchAll(/(fff…\w{3})(\/?)/g)].map(([, name = '', slash]) => {
    if (slash === '/') folder = `${name}/`;
    return slash === '/' ? folder : `${folder}${name}`;
  });
  expect(drawn).toEqual([...lines]);
});

/** `fff…ffc` of a number's 16 digits, whatever comes behind them. */
function shortened(name: string): string {
  return `${name.slice(0, 3)}…${name.slice(13, 16)}`;
}

test('the README has a row for each option', () => {
  const fields = (path: string, name: string): string[] => {
    const [, body = ''] =
      new RegExp(`export interface ${name}[^{]*{(.*?)^}`, 'ms').exec(read(path)) ?? [];
    return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, field]) => field as string);
  };
  const options = [
    ...fields('packages/s3log/src/options.ts', 'LogOptions'),
    ...fields('packages/s3log/src/store/s3-store.ts', 'S3StoreOptions'),
    'store',
  ];
  const [, table = ''] = /^## Options\n(.*?)^## /ms.exec(readme) ?? [];
  const rows = [...table.matchAll(/^\| (`.+?`) +\|/gm)].flatMap(([, names = '']) =>
    names.split(', ').map((name) => name.replaceAll('`', '')),
  );
  expect(rows.toSorted()).toEqual(options.toSorted());
});
