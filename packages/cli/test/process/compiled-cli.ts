import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BundledPrograms } from '@wal/test-harness';
import { afterAll, beforeAll } from 'vitest';

const PROGRAM = 'cli/src/main';
const MEMLOG = 'memlog/src/index';
/** What the program starts beside itself. */
const SUITE = 'cli/src/conformance/suite-process';
const MANIFEST = fileURLToPath(new URL('../../package.json', import.meta.url));

let compiled: BundledPrograms | undefined;

/** Compiles the program, once a test file. Has to be called at the top of each that runs `wal`. */
export function compileCli(): void {
  beforeAll(async () => {
    compiled = await BundledPrograms.create({
      folder: 'packages',
      programs: [PROGRAM, SUITE, MEMLOG],
    });
    copyFileSync(MANIFEST, join(compiled.root, 'package.json'));
    // As npm puts it on the path.
    mkdirSync(compiledBin());
    const script = `#!/bin/sh\nexec '${process.execPath}' '${compiledCli()}' "$@"\n`;
    writeFileSync(join(compiledBin(), 'wal'), script, { mode: 0o755 });
  });
  afterAll(() => compiled?.remove());
}

/** The script that Node runs. */
export function compiledCli(): string {
  return programs().script(PROGRAM);
}

/** memlog, for modules of the tests that the program loads. */
export function compiledMemlog(): string {
  return programs().script(MEMLOG);
}

/** The folder in which a shell finds `wal`. */
export function compiledBin(): string {
  return join(programs().root, 'bin');
}

function programs(): BundledPrograms {
  if (compiled === undefined) throw new Error('compileCli() was not called');
  return compiled;
}
