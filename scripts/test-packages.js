// Packs the packages, installs each from its tarball outside of the workspace, and uses it as its README says.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopCommands } from './test-packages/command.js';
import { checkContents, checkTypes } from './test-packages/contents.js';
import { NAMES, pack, removeStale } from './test-packages/pack.js';
import { check, failures } from './test-packages/report.js';
import { installTypescripts } from './test-packages/typescript.js';
import { useBackend } from './test-packages/uses/backend.js';
import { useCli } from './test-packages/uses/cli.js';
import { useConformance, useSuite } from './test-packages/uses/conformance.js';
import { useCore } from './test-packages/uses/core.js';
import { useFslog } from './test-packages/uses/fslog.js';
import { useMemlog } from './test-packages/uses/memlog.js';
import { useS3log } from './test-packages/uses/s3log.js';
import { Use } from './test-packages/uses/use.js';

const USES = [useCore, useMemlog, useFslog, useS3log, useConformance, useSuite, useBackend, useCli];

const folder = mkdtempSync(join(tmpdir(), 'wal-packages-'));
process.once('exit', () => {
  removeStale();
  rmSync(folder, { recursive: true, force: true });
});
for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
]) {
  process.once(signal, () => void stopCommands().then(() => process.exit(exitCode)));
}

const packed = await check('pack, over files that an earlier build has left', () => pack(folder));
if (packed !== undefined) {
  for (const name of NAMES) {
    await check(`${name}: what is in the tarball`, () => checkContents(packed[name]));
    await check(`${name}: publint, and the types in each way to resolve them`, () =>
      checkTypes(packed[name]),
    );
  }
}
const typescripts = await check('TypeScript: each that programs compile with', () =>
  installTypescripts(join(folder, 'typescript')),
);
if (packed !== undefined && typescripts !== undefined) {
  const use = new Use(packed, folder, typescripts);
  for (const useOne of USES) await useOne(use);
}
console.log(failures() === 0 ? 'all passed' : `${failures()} failed`);
process.exitCode = failures() === 0 ? 0 : 1;
