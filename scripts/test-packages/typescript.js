import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { npm } from './command.js';

/** Beside that of the workspace: the last of each line that programs still compile with. */
const OLDER = { 5.9: '5.9.3', '6.0': '6.0.3' };

/** Installs TypeScript into a new folder; by version, where each `tsc` is. */
export async function installTypescripts(folder) {
  mkdirSync(folder);
  const packages = Object.entries(OLDER).map(
    ([line, version]) => `typescript-${line}@npm:typescript@${version}`,
  );
  await npm(['install', '--prefer-offline', '--no-audit', '--no-fund', ...packages], folder);
  const require = createRequire(import.meta.url);
  const { version } = require('typescript/package.json');
  return new Map([
    ...Object.keys(OLDER).map((line) => [
      line,
      join(folder, `node_modules/typescript-${line}/bin/tsc`),
    ]),
    [version, join(require.resolve('typescript/package.json'), '../bin/tsc')],
  ]);
}
