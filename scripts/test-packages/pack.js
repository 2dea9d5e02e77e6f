import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm } from './command.js';

export const ROOT = join(import.meta.dirname, '../..');
/** The packages that are published. */
export const NAMES = readdirSync(join(ROOT, 'packages')).filter(
  (name) => !manifestOf(name).private,
);
const STALE = 'throw new Error("left by an earlier build");\n';

/** Packs all packages into `target`; by name, where each is and what npm has put in. */
export async function pack(target) {
  for (const name of NAMES) leaveStale(name);
  const workspaces = NAMES.flatMap((name) => ['-w', `@wal/${name}`]);
  const printed = await npm(['pack', ...workspaces, '--json', '--pack-destination', target], ROOT);
  const packed = JSON.parse(printed).map(({ name: fullName, filename, files }) => {
    const name = fullName.slice('@wal/'.length);
    const paths = files.map(({ path }) => path);
    return [name, { folder: folderOf(name), tarball: join(target, filename), paths }];
  });
  return Object.fromEntries(packed);
}

/** Nothing is left of what was planted, also where the packages did not remove it themselves. */
export function removeStale() {
  for (const dist of NAMES.map((name) => join(folderOf(name), 'dist'))) {
    if (existsSync(join(dist, 'stale.js'))) rmSync(dist, { recursive: true });
  }
}

function manifestOf(name) {
  return JSON.parse(readFileSync(join(folderOf(name), 'package.json'), 'utf8'));
}

function folderOf(name) {
  return join(ROOT, 'packages', name);
}

/** A file whose source is gone, and one that TypeScript thinks is up to date. */
function leaveStale(name) {
  mkdirSync(join(folderOf(name), 'dist'), { recursive: true });
  for (const file of ['stale.js', 'index.js']) {
    writeFileSync(join(folderOf(name), 'dist', file), STALE);
  }
}
