import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PACKAGES = join(import.meta.dirname, '../../packages');

/** The entries with types of all packages that are published: their declarations, and the name of the report. */
export function publicEntries() {
  return readdirSync(PACKAGES).flatMap((name) => {
    const folder = join(PACKAGES, name);
    const { exports = {}, private: isPrivate } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    );
    if (isPrivate) return [];
    return Object.entries(exports)
      .filter(([, target]) => target.types !== undefined)
      .map(([entry, { types }]) => ({
        folder,
        declarations: join(folder, types),
        report: `${name}${entry.slice(1).replaceAll('/', '.')}.api.md`,
      }));
  });
}
