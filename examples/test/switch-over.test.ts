import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '@wal/core';
import { openFsLog } from '@wal/fslog';
import { expect, onTestFinished, test, vi } from 'vitest';
import { switchOver } from '../migrate/switch-over.ts';
import { compiledExample } from './compiled-examples.ts';
import { ExampleProcess } from './example-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

const script = compiledExample('test/switch-over-process.ts');
const lines = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `{"event":${i}}`);
const FILE = 'events.jsonl';

async function contentOf(log: Log): Promise<string[]> {
  const all: string[] = [];
  for await (const { data } of log.iterator()) all.push(Buffer.from(data).toString());
  return all;
}

/** A folder with a file of so many lines, and what else is in it. */
async function folderWith(count: number, rest = ''): Promise<string> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, FILE), `${lines(count).join('\n')}\n${rest}`);
  return folder;
}

function silence(): void {
  const printed = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  onTestFinished(() => printed.mockRestore());
}

async function switchOverIn(folder: string): Promise<Log> {
  return await switchOver(join(folder, FILE), join(folder, 'events'));
}

test('imports the file, sets it aside, and goes on in the log', async () => {
  silence();
  const folder = await folderWith(10, '{"torn');
  const log = await switchOverIn(folder);
  await log.append(Buffer.from('new'));
  await log.close();
  expect((await readdir(folder)).sort()).toEqual(['events', `${FILE}.imported`]);
  const again = await switchOverIn(folder);
  expect(await contentOf(again)).toEqual([...lines(10), 'new']);
  await again.close();
});

test('refuses a file to which somebody still writes, and leaves it there', async () => {
  silence();
  const folder = await folderWith(1);
  // The old program writes once more when the first look at the file is over.
  const writeOnce = (): void => {
    unsubscribe('wal:fslog:append', writeOnce);
    appendFileSync(join(folder, FILE), `${lines(2)[1]}\n`);
  };
  subscribe('wal:fslog:append', writeOnce);
  await expect(switchOverIn(folder)).rejects.toThrow('somebody still writes');
  expect((await readdir(folder)).sort()).toEqual(['events', FILE]);
  const after = await switchOverIn(folder);
  expect(await contentOf(after)).toEqual(lines(2));
  await after.close();
});

test('refuses a file that is damaged, and leaves it there', async () => {
  silence();
  const folder = await folderWith(3, 'no JSON\n{"event":4}\n');
  await expect(switchOverIn(folder)).rejects.toThrow('line 4');
  expect((await readdir(folder)).sort()).toEqual(['events', FILE]);
  const log = await openFsLog(join(folder, 'events')); // Not locked any more.
  await log.close();
});

interface Life {
  /** The names of the calls that it made. */
  readonly calls?: readonly string[];
  readonly killedBefore?: string;
}

/** The `nth` call that changes a file, of this name if there is one. */
interface Moment {
  readonly nth: number;
  readonly name?: string | undefined;
}

/** Switches over in a process, which kills itself before a call; or does not. */
async function live(folder: string, { nth, name }: Moment = { nth: -1 }): Promise<Life> {
  const own = new ExampleProcess(script, [
    folder,
    String(nth),
    ...(name === undefined ? [] : [name]),
  ]);
  await own.exited;
  return JSON.parse(own.lines.at(-1) ?? '{}');
}

test('killed before a call that changes a file: done again, it has all of it', {
  timeout: 300_000,
}, async () => {
  const count = 1_200; // Two batches.
  const { calls = [] } = await live(await folderWith(count));
  const last = calls.lastIndexOf('rename');
  // Every fifth; and those that set the file aside, by name: of other calls a slow process makes more or fewer.
  const moments: Moment[] = calls.flatMap((_, nth) => (nth % 5 === 0 ? [{ nth }] : []));
  for (let i = last - 2; i <= last + 2 && i < calls.length; i++) {
    const earlier = calls.slice(0, i).filter((name) => name === calls[i]);
    moments.push({ nth: earlier.length, name: calls[i] });
  }
  const killedBefore: (string | undefined)[] = [];
  for (const moment of moments) {
    const folder = await folderWith(count);
    killedBefore.push((await live(folder, moment)).killedBefore);
    expect(await live(folder), `killed before ${JSON.stringify(moment)}`).toHaveProperty('calls');
    expect((await readdir(folder)).sort()).toEqual(['events', `${FILE}.imported`]);
    const log = await openFsLog(join(folder, 'events'), { readOnly: true });
    expect(await contentOf(log)).toEqual(lines(count));
    await log.close();
  }
  expect(killedBefore.filter((name) => name !== undefined).length).toBeGreaterThan(5);
  expect(killedBefore).toContain('rename');
});
