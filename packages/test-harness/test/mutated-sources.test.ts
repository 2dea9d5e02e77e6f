import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MAX_METADATA_BYTES } from '@wal/core';
import { MutatedSources } from '@wal/test-harness';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const FILE = 'format/segment-header.ts';
const FROM = 'MAX_METADATA_BYTES = 2048';

let parent: string;
let sources: MutatedSources<typeof import('@wal/core')>;

beforeEach(async () => {
  parent = mkdtempSync(join(tmpdir(), 'test-harness-'));
  vi.stubEnv('TMPDIR', parent);
  sources = await MutatedSources.create('core', 'index.ts');
});
afterEach(async () => {
  await sources.remove();
  vi.unstubAllEnvs();
  expect(readdirSync(parent)).toEqual([]);
  rmSync(parent, { recursive: true });
});

test('a source with a passage replaced is loaded beside the one that is not', async () => {
  const to = 'MAX_METADATA_BYTES = 4096';
  const { MAX_METADATA_BYTES: mutated } = await sources.load([{ file: FILE, from: FROM, to }]);
  expect([mutated, MAX_METADATA_BYTES]).toEqual([4096, 2048]);
});

test('what no replaced file reaches is not copied: its classes are the same', async () => {
  const { LogError } = await import('@wal/core');
  const mutated = await sources.load([{ file: FILE, from: FROM, to: FROM }]);
  expect(mutated.LogError).toBe(LogError);
  const [copy = ''] = readdirSync(parent).map((name) => join(parent, name, '1'));
  expect(existsSync(join(copy, FILE))).toBe(true);
  expect(existsSync(join(copy, 'errors.ts'))).toBe(false);
});

test('a passage that is not there, or stands there twice, is refused', async () => {
  for (const from of ['no such passage', 'import']) {
    await expect(sources.load([{ file: FILE, from, to: '' }])).rejects.toThrow(`not once in`);
  }
  await expect(sources.load([{ file: 'none.ts', from: FROM, to: '' }])).rejects.toThrow('none.ts');
});
