import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from '@wal/core';
import { openFsLog } from '@wal/fslog';
import { expect, test } from 'vitest';
import { KeyValueStore } from '../key-value/key-value-store.ts';
import { compiledExamples } from './compiled-examples.ts';
import { ExampleProcess } from './example-process.ts';
import type { FileCall } from './kill-at-call.ts';
import { temporaryFolder } from './temporary-folder.ts';

type Line =
  | { readonly say: 'begun'; readonly key: string; readonly value?: string }
  | { readonly say: 'acknowledged' }
  | { readonly say: 'killed'; readonly call: FileCall }
  | { readonly say: 'finished'; readonly calls: readonly FileCall[] };

/** The calls that make a snapshot: of the file three, and the sync of the folder. */
const SNAPSHOT = ['writeFile', 'sync', 'rename', 'datasync'];
const [script = '', session = ''] = compiledExamples([
  'test/key-value-process.ts',
  'key-value/session.ts',
]);

/** What a process on the store of `folder` says, to its end or until it kills itself. */
async function live(folder: string, name: string, nth: number): Promise<readonly Line[]> {
  const own = new ExampleProcess(script, [folder, name, String(nth)]);
  await own.exited;
  return own.lines.map((line) => JSON.parse(line) as Line);
}

/** What the store may hold: all that was acknowledged, and of what was begun after that the first few changes. */
function possibleStores(before: ReadonlyMap<string, string>, lines: readonly Line[]) {
  const acknowledged = lines.filter(({ say }) => say === 'acknowledged').length;
  const now = new Map(before);
  const stores = [new Map(now)];
  for (const line of lines) {
    if (line.say !== 'begun') continue;
    if (line.value === undefined) now.delete(line.key);
    else now.set(line.key, line.value);
    stores.push(new Map(now));
  }
  return stores.slice(acknowledged).map((store) => Object.fromEntries(store));
}

async function contents(folder: string): Promise<Map<string, string>> {
  const store = await KeyValueStore.open(folder);
  const map = new Map(store.entries());
  await store.close();
  return map;
}

/** The calls that a process makes which nobody kills. */
async function wholeLife(folder: string): Promise<readonly FileCall[]> {
  await mkdir(folder);
  const last = (await live(folder, '', -1)).at(-1);
  if (last?.say !== 'finished') throw new Error('it did not finish');
  return last.calls;
}

test('killed before any call: what was acknowledged is there, and beyond it only what was begun', {
  timeout: 300_000,
}, async () => {
  const parent = await temporaryFolder();
  const calls = await wholeLife(join(parent, 'whole'));
  // Each of those that make a snapshot, and every ninth of all.
  const moments = [
    ...calls.flatMap((_, nth) => (nth % 9 === 0 ? [{ name: '', nth }] : [])),
    ...SNAPSHOT.flatMap((name) => [0, 1, 2, 3].map((nth) => ({ name, nth }))),
  ];
  const folder = join(parent, 'store');
  await mkdir(folder);
  let store = new Map<string, string>();
  const killedAt = new Set<string>();
  for (const { name, nth } of moments) {
    const lines = await live(folder, name, nth);
    const last = lines.at(-1);
    if (last?.say === 'killed') killedAt.add(last.call.name);
    const found = await contents(folder);
    const possible = possibleStores(store, lines);
    expect(possible, `killed before ${name} ${nth}`).toContainEqual(Object.fromEntries(found));
    store = found;
  }
  for (const name of SNAPSHOT) expect(killedAt).toContain(name);
});

test('a snapshot is synced before it has its name, and then its name is', async () => {
  const calls = await wholeLife(join(await temporaryFolder(), 'whole'));
  const first = calls.findIndex(({ path }) => path?.endsWith('snapshot.json.new'));
  const steps = calls.slice(first).filter(({ name, path }) => {
    return name === 'rename' ? path?.endsWith('snapshot.json.new') : SNAPSHOT.includes(name);
  });
  expect(steps.map(({ name }) => name)).toEqual([...SNAPSHOT, ...SNAPSHOT, ...SNAPSHOT]);
});

test('a value is there for readers once it is durable, and no sooner', async () => {
  const store = await KeyValueStore.open(await temporaryFolder());
  const put = store.put('a', '1');
  expect(store.get('a')).toBeUndefined();
  await put;
  expect(store.get('a')).toBe('1');
  await store.delete('a');
  expect(store.get('a')).toBeUndefined();
  await store.close();
});

test('after a snapshot there is nothing to replay', async () => {
  const folder = await temporaryFolder();
  const store = await KeyValueStore.open(folder);
  await Promise.all([store.put('a', '1'), store.put('b', '2')]);
  await store.snapshot();
  await store.close();
  const log = await openFsLog(join(folder, 'log'));
  expect(log).toMatchObject({ firstId: undefined, nextId: 3 });
  await log.close();
  expect(Object.fromEntries(await contents(folder))).toEqual({ a: '1', b: '2' });
});

test('a snapshot that does not fit the log, or is damaged, is told, and its lock given back', async () => {
  const folder = await temporaryFolder();
  const store = await KeyValueStore.open(folder);
  await store.put('a', '1');
  await store.snapshot();
  await store.put('a', '2');
  await store.close();
  const path = join(folder, 'snapshot.json');
  const text = await readFile(path, 'utf8');
  const [json = ''] = text.split('\n');
  for (const lastId of [0, 100]) {
    const other = JSON.stringify({ ...JSON.parse(json), lastId });
    await writeFile(path, `${other}\n${crc32(Buffer.from(other)).toString(16)}`);
    await expect(KeyValueStore.open(folder)).rejects.toThrow('the log goes on otherwise');
  }
  for (let at = 0; at < text.length; at++) {
    await writeFile(path, `${text.slice(0, at)}#${text.slice(at + 1)}`);
    await expect(KeyValueStore.open(folder)).rejects.toThrow('the snapshot is damaged');
  }
  await rm(path);
  await expect(KeyValueStore.open(folder)).rejects.toThrow('the log goes on otherwise');
  await writeFile(path, text);
  expect(Object.fromEntries(await contents(folder))).toEqual({ a: '2' });
});

test('the session prints what its comment says', async () => {
  const own = new ExampleProcess(session, [], {
    cwd: await temporaryFolder(),
  });
  await own.exited;
  expect(own.lines).toEqual(['1 undefined']);
});
