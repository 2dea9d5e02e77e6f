import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { FORMAT_VERSION } from '@wal/core';
import { BundledPrograms, CompiledSources, suspend } from '@wal/test-harness';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';

const FOLDER = 'packages/test-harness/test';
const SOURCES = { packages: ['core', 'test-harness'], folder: FOLDER };

let parent: string;
let compiled: CompiledSources;

beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'test-harness-'));
  vi.stubEnv('TMPDIR', parent);
  compiled = new CompiledSources({ ...SOURCES, programs: ['speaking-process'] });
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(parent, { recursive: true, force: true });
});

function speakingProcess(): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [compiled.script('speaking-process')]);
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    child.stdout.resume();
    await ended;
  });
  return child;
}

test('a compiled program runs, finds packages compiled like itself, and says whole lines', async () => {
  const child = speakingProcess();
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { core } = JSON.parse((await lines.next()).value ?? '') as { core: string };
  expect(fileURLToPath(core)).toBe(join(compiled.root, 'packages/core/src/index.js'));
  const { long } = JSON.parse((await lines.next()).value ?? '') as { long: string };
  expect(long).toHaveLength(4 * 1_048_576);
});

test.skipIf(process.platform !== 'linux')('a process that is suspended stands still', async () => {
  const child = speakingProcess();
  await once(child.stdout, 'readable');
  await suspend(child);
  expect(readFileSync(`/proc/${child.pid}/stat`, 'utf8')).toMatch(/\) T /);
});

test('what cannot be compiled leaves no folder, and what is removed neither', () => {
  const before = readdirSync(parent);
  expect(() => new CompiledSources({ ...SOURCES, programs: ['no-such-process'] })).toThrow();
  expect(readdirSync(parent)).toEqual(before);
  const other = new CompiledSources({ ...SOURCES, programs: [] });
  expect(existsSync(other.root)).toBe(true);
  other.remove();
  expect(readdirSync(parent)).toEqual(before);
});

test('a program that was not to be compiled has no script', () => {
  expect(() => compiled.script('processes.test')).toThrow('is not compiled');
});

test('a bundled program has all that it imports, wherever it runs, and is gone once it is removed', async () => {
  const before = readdirSync(parent);
  const programs = ['importing-process'];
  const bundled = await BundledPrograms.create({ folder: FOLDER, programs });
  const command = [bundled.script('importing-process'), 'a', 'b'];
  const said = execFileSync(process.execPath, command, { cwd: '/', encoding: 'utf8' });
  expect(JSON.parse(said)).toEqual({ formatVersion: FORMAT_VERSION, parameters: ['a', 'b'] });
  expect(() => bundled.script('processes.test')).toThrow('is not bundled');
  bundled.remove();
  expect(readdirSync(parent)).toEqual(before);
});

test('a bundled program runs with what is changed in a package, which must be there once', async () => {
  const programs = ['importing-process'];
  const bundle = (file: string, from: string, to: string): Promise<BundledPrograms> =>
    BundledPrograms.create({
      folder: FOLDER,
      programs,
      changed: { name: 'core', replacements: [{ file, from, to }] },
    });
  const version = `export const FORMAT_VERSION = ${FORMAT_VERSION};`;
  const bundled = await bundle('format/version.ts', version, version.replace(/\d+/, '77'));
  const said = execFileSync(process.execPath, [bundled.script('importing-process')]);
  expect(JSON.parse(said.toString())).toMatchObject({ formatVersion: 77 });
  await expect(bundle('format/version.ts', 'no such text', '')).rejects.toThrow('not once in');
  await expect(bundle('no-such-file.ts', 'text', '')).rejects.toThrow('is not loaded');
});

test('what cannot be bundled leaves no folder', async () => {
  const before = readdirSync(parent);
  const programs = ['no-such-process'];
  await expect(BundledPrograms.create({ folder: FOLDER, programs })).rejects.toThrow();
  expect(readdirSync(parent)).toEqual(before);
});
