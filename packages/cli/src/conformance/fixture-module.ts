import { access } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LogFixture } from '@wal/conformance';

/**
 * The fixture that a module exports, of any name; of several, the one named.
 * @throws Error that says what is missing
 */
export async function loadFixture(module: string, name: string | undefined): Promise<LogFixture> {
  const exports = await load(await urlOf(module), module);
  const fixtures = Object.entries(exports).filter(([, value]) => isFixture(value));
  const wanted = name === undefined ? fixtures : fixtures.filter(([one]) => one === name);
  const distinct = [...new Set(wanted.map(([, value]) => value as LogFixture))];
  const [fixture] = distinct;
  if (fixture !== undefined && distinct.length === 1) return fixture;
  const names = fixtures.map(([one]) => one).join(', ');
  if (fixtures.length === 0) {
    throw new Error(
      `${module} exports no fixture: an object with name, capabilities and place(), as docs/WRITING-A-BACKEND.md says`,
    );
  }
  throw new Error(`${module} exports these fixtures: ${names}; say which with --fixture`);
}

async function load(url: string, module: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(url);
  } catch (cause) {
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new Error(`${module} cannot be loaded: ${reason}; \`node ${module}\` shows where`, {
      cause,
    });
  }
}

/** A path, relative to the working directory, or the name of a package that can be found from there. */
async function urlOf(module: string): Promise<string> {
  const isPath = isAbsolute(module) || /^\.{0,2}\//.test(module) || /\.[cm]?[jt]s$/.test(module);
  try {
    const path = isPath ? resolve(module) : createRequire(resolve('index.js')).resolve(module);
    await access(path);
    return pathToFileURL(path).href;
  } catch (cause) {
    const what = isPath ? 'there is no such file' : 'no such package is installed here';
    throw new Error(`${module}: ${what}; give the path of a module, as ./fixture.js`, { cause });
  }
}

function isFixture(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { name, capabilities, place } = value as Partial<LogFixture>;
  return (
    typeof name === 'string' && typeof capabilities === 'object' && typeof place === 'function'
  );
}
