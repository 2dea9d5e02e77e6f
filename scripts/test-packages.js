// Packs the packages, installs each from its tarball outside of the workspace, and uses it as its README says.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkContents, checkTypes } from './test-packages/contents.js';
import { NAMES, pack, removeStale } from './test-packages/pack.js';
import { check, failures } from './test-packages/report.js';
import {
  useBackend,
  useConformance,
  useCore,
  useFslog,
  useMemlog,
  useS3log,
} from './test-packages/use.js';

const folder = mkdtempSync(join(tmpdir(), 'wal-packages-'));
process.once('exit', () => {
  removeStale();
  rmSync(folder, { recursive: true, force: true });
});
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

const packed = await check('pack, over files that an earlier build has left', () => pack(folder));
if (packed !== undefined) {
  for (const name of NAMES) {
    await check(`${name}: what is in the tarball`, () => checkContents(packed[name]));
    await check(`${name}: publint, and the types in each way to resolve them`, () =>
      checkTypes(packed[name]),
    );
  }
  for (const use of [useCore, useMemlog, useFslog, useS3log, useConformance, useBackend]) {
    await use(packed, folder);
  }
}
console.log(failures() === 0 ? 'all passed' : `${failures()} failed`);
process.exitCode = failures() === 0 ? 0 : 1;
