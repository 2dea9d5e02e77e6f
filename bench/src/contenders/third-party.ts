import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const FOLDER = new URL('../../third-party/', import.meta.url);
const MANIFEST = new URL('package.json', FOLDER);
const load = createRequire(MANIFEST);

/** What could not be loaded, and why. */
export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

/**
 * Installs what the logs are compared with, and what draws the plots, in a folder of its own, if it is not
 * there. Without a network all goes on without it.
 */
export function installThirdParty(): void {
  const folder = fileURLToPath(FOLDER);
  // npm writes this last: an installation that was interrupted is none.
  if (existsSync(new URL('node_modules/.package-lock.json', FOLDER))) return;
  console.log('Installing what the logs are compared with, once; it may take some minutes …');
  const { npm_execpath: npm } = process.env;
  const command = npm === undefined ? 'npm' : process.execPath;
  const args = [
    'ci',
    '--prefix',
    folder,
    '--no-audit',
    '--no-fund',
    '--fetch-retries=1',
    '--loglevel=error',
  ];
  const { status, stderr, error } = spawnSync(command, npm === undefined ? args : [npm, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, npm_config_workspaces: undefined, npm_config_workspace: undefined },
  });
  if (status === 0) return;
  console.log(`They could not be installed; ours and the bare machine are measured without them.`);
  console.log((stderr || String(error ?? '')).trim().split('\n').slice(0, 5).join('\n'));
}

/** Loads an installed package; its types are the caller's word. */
export function loadThirdParty<Module>(name: string): Module {
  return load(name) as Module;
}

/** Why a package cannot be loaded; `undefined` if it can. */
export function whyLeftOut(name: string): string | undefined {
  try {
    load(name);
    return undefined;
  } catch (error) {
    const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    return line.replaceAll(fileURLToPath(FOLDER), '');
  }
}

/** The version of each, as it is pinned. */
export function thirdPartyVersions(): Readonly<Record<string, string>> {
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(MANIFEST, 'utf8'));
  return { ...dependencies, ...optionalDependencies };
}
