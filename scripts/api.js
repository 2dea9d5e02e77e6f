// Writes what each entry of the packages makes public to etc/*.api.md, from the declarations of a build. With `--check`
// it writes nothing, and fails where the build declares something else.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstDifference } from './api/first-difference.js';
import { publicEntries } from './api/public-entries.js';
import { reportOf } from './api/report.js';

const REPORTS = join(import.meta.dirname, '../etc');

const temporary = mkdtempSync(join(tmpdir(), 'wal-api-'));
process.once('exit', () => rmSync(temporary, { recursive: true, force: true }));

const declared = new Map(
  publicEntries().map((entry) => [entry.report, reportOf(entry, temporary)]),
);
mkdirSync(REPORTS, { recursive: true });
const reported = new Map(
  readdirSync(REPORTS).map((name) => [name, readFileSync(join(REPORTS, name), 'utf8')]),
);
const names = [...new Set([...declared.keys(), ...reported.keys()])].sort();
const changed = names.filter((name) => declared.get(name) !== reported.get(name));

if (process.argv.includes('--check')) {
  for (const name of changed) {
    const difference = firstDifference(reported.get(name) ?? '', declared.get(name) ?? '');
    console.error(`etc/${name} is not what the build declares\n${difference}\n`);
  }
  if (changed.length > 0) console.error('If the change is meant: npm run api');
  process.exitCode = changed.length > 0 ? 1 : 0;
} else {
  for (const name of changed) {
    rmSync(join(REPORTS, name), { force: true });
    if (declared.has(name)) writeFileSync(join(REPORTS, name), declared.get(name));
    console.log(`etc/${name} changed`);
  }
}
if (process.exitCode !== 1) console.log(`${declared.size} entries reported in etc`);
