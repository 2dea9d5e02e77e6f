// Removes what builds have made, of the packages in the folders given; without any, of all, and turbo's copies too.
// `tsc -b --clean` would leave what sources that are gone have left in dist.
import { readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = join(import.meta.dirname, '..');
const remove = (path) => rmSync(path, { recursive: true, force: true });
const given = process.argv.slice(2).map((folder) => resolve(folder));
const packages = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name));
const all = [...packages, join(root, 'examples'), join(root, 'bench')];
for (const folder of given.length > 0 ? given : all) remove(join(folder, 'dist'));
if (given.length === 0) remove(join(root, '.turbo'));
